// @ts-check
// Verdicts given, answered blind and taken back; each shows at once and is stored behind that.

import { markOf, takeStanding } from "./audit.js";
import { makeChooser } from "./chooser.js";

const LONG_PAUSE_MS = 120000,
  NOTE_MS = 4000,
  SAME_MS = 1500,
  DIFFERENT_MS = 3500;

/**
 * @typedef {object} Judging
 * @property {number[]} paces milliseconds that each verdict took, but for long pauses
 * @property {() => string} note what the head says for some seconds
 * @property {(name: string) => void} press a verdict by its name
 * @property {(tag: string, value: string) => void} judge
 * @property {(name: string | undefined) => void} picked a class by its name
 * @property {(set: {yes: string[], unknown: string[]}) => void} confirmSet the tags that an example has
 * @property {() => Promise<void>} undo
 * @property {(words: string) => void} say
 * @property {(done: any) => void} remember something said that an undo takes back
 * @property {(rows: number[]) => void} showChanged
 * @property {() => void} endReveal
 * @property {() => void} clear forget what can be undone, for another queue
 * @property {() => void} end
 */

/** @param {import("./desk.js").Desk} desk @returns {Judging} */
export function makeJudging(desk) {
  const undoable = [], // {row, sequence, about, takeBack(), settle(undone)} of what was said on this page
    paces = [],
    timers = { note: /** @type {any} */ (0), reveal: /** @type {any} */ (0) };
  let note = "";

  return {
    paces,
    note: () => note,
    press,
    judge,
    picked,
    confirmSet,
    undo,
    say,
    remember: (done) => undoable.push(done),
    showChanged,
    endReveal,
    clear() {
      undoable.length = 0;
      endReveal();
    },
    end() {
      clearTimeout(timers.note);
      endReveal();
    },
  };

  /** Of an example whose parts are corrected no class is right or wrong: its label is what its parts have. */
  function press(name) {
    if (desk.row === undefined || desk.isWaiting()) return; // no chooser and no edit either
    const choice = desk.choices().find((one) => one.name === name);
    if (choice && desk.isHidden() && desk.data.blind_choices) {
      if (choice.tag) judge(choice.tag, "");
      else answer("");
    } else if (choice && desk.data.has_choices) desk.correcting.press(choice);
    else if (name === "mislabelled" && !desk.isHidden() && !desk.data.corrects) openChooser();
    else judge(name, "");
  }

  /** tag "" takes the verdict away. */
  function judge(tag, value) {
    const { row, data } = desk;
    if (row === undefined || desk.isWaiting()) return;
    desk.chooser = null;
    const action = tag ? { action: "add", tag, value } : { action: "clear" };
    post(row, action, tag ? { tag, value, who: data.person } : null);
    say(tag ? desk.worded({ tag, value }) : "cleared");
    if (tag) desk.go(desk.nextOne());
    else desk.show();
  }

  /** The server, which knows how sets are written, makes a verdict of the tags that were confirmed. */
  function confirmSet(set) {
    const { row, data } = desk;
    if (row === undefined || desk.isWaiting()) return;
    const words = set.yes.join(", ") || "no tag";
    post(row, { action: "tags", value: JSON.stringify(set) }, { tag: "answered", value: words, who: data.person });
    say(`confirmed: ${words}`);
    desk.go(desk.nextOne());
  }

  function openChooser() {
    const item = desk.stock.items.get(desk.row),
      { classes } = desk.data;
    const likely = item ? [item.suggested_label, ...(item.top_classes ?? [])] : [];
    const order = [...new Set([...likely, ...classes])].filter((name) => name != null && name !== item?.label);
    const suggested = item?.suggested_label === item?.label ? null : item?.suggested_label;
    const valueForm = desk.data.value_form;
    desk.chooser = makeChooser({ order, classes, suggested, isBlind: false, valueForm, choose: picked });
    desk.screen.draw();
  }

  /** A class was named: of a wrong label, or blind. */
  function picked(name) {
    if (name === undefined) return;
    if (desk.isHidden()) answer(name);
    else judge("mislabelled", name);
  }

  /** Blind: the server, which knows the label, makes a verdict of the class that was named. */
  async function answer(name) {
    const { row } = desk;
    if (row === undefined || desk.isWaiting()) return;
    const verdict = { tag: "answered", value: name || "nothing here", who: desk.data.person };
    const storing = post(row, { action: "answer", value: name }, verdict);
    desk.reveal = { row, answer: name };
    desk.chooser = null;
    say(`answered ${name || "nothing here"}`);
    desk.screen.draw();
    const stored = await storing;
    if (desk.reveal?.row !== row) return;
    if (!stored) return desk.show();
    const {
      items: [item],
    } = await desk.stock.details([row], false).catch(() => ({ items: [] }));
    if (desk.reveal?.row !== row) return;
    if (item) desk.stock.items.set(row, item);
    desk.reveal = { ...desk.reveal, given: item?.label, isSame: stored.tag === "right", stored };
    timers.reveal = setTimeout(() => desk.go(desk.nextOne()), desk.reveal.isSame ? SAME_MS : DIFFERENT_MS);
    desk.screen.draw();
  }

  function endReveal() {
    clearTimeout(timers.reveal);
    desk.reveal = null;
  }

  /** Queue one action on a row; it shows at once. Resolves to the server's answer, null where it refused. */
  function post(row, action, verdict) {
    const usual = { ...desk.source.about(), claim: desk.claims?.name(), ...whichOne(row) },
      { verdicts, stock } = desk;
    const before = verdicts.get(row) ?? null,
      wasSpoken = desk.spoken.has(row);
    verdicts.say(row, verdict);
    speak(row, verdict !== null);
    const sequence = desk.outbox.post("/hem/tags", { ...usual, ...markOf(desk, row), ...action });
    undoable.push({
      row,
      sequence,
      takeBack() {
        verdicts.say(row, before);
        speak(row, wasSpoken);
      },
      settle: (undone) => (undone ? verdicts.stored(row, undone.revision) : verdicts.refused(row)),
    });
    const event = { at: Date.now(), who: desk.data.person, n: 1, value: "", ...action, is_undone: false };
    stock.items.get(row)?.history?.unshift(event);
    const spent = performance.now() - desk.shownAt;
    if (spent < LONG_PAUSE_MS) paces.push(spent);
    return desk.outbox.answer(sequence).then((stored) => {
      if (!stored) verdicts.refused(row);
      else verdicts.stored(row, stored.revision, stored.tag && { ...verdict, tag: stored.tag, value: stored.value });
      if (stored?.message) say(stored.message);
      takeStanding(desk, stored);
      // Fetched blind, it lacks what may be seen now that it is judged; of several people it has their last words.
      const { is_blinded: isBlinded, opinions } = stock.items.get(row) ?? {};
      const isOneOfSeveral = opinions?.length || (before && before.who !== desk.data.person);
      if (stored && (isBlinded || isOneOfSeveral)) stock.stale.add(row);
      if (!stored) stock.refresh();
      else if (row === desk.row && !desk.reveal) {
        desk.claims?.ask(); // a verdict that was taken away has opened it again
        desk.screen.draw();
        stock.fetchAhead();
      }
      return stored;
    });
  }

  function speak(row, isJudged) {
    if (isJudged) desk.spoken.add(row);
    else for (const some of [desk.spoken, desk.settled]) some.delete(row);
  }

  /** An example in a post: its id, or its row of these very scores where this page was not told the id (blind). */
  function whichOne(row) {
    const id = desk.stock.items.get(row)?.id;
    return id == null ? { rows: [row], fingerprint: desk.data.fingerprint } : { ids: [id] };
  }

  async function undo() {
    const last = undoable.pop(),
      claim = last?.about ? undefined : desk.claims?.name(), // parts that are added have no row
      usual = { ...desk.source.about(), claim, ...last?.about };
    if (last) {
      last.takeBack();
      goTo(last.row);
      desk.show();
    }
    // What was done before this page was opened the server alone knows: the last action of this window.
    const sequence = desk.outbox.post("/hem/undo", last ? { ...usual, batch: last.sequence } : usual);
    const undone = await desk.outbox.answer(sequence);
    last?.settle(undone);
    desk.claims?.ask(); // what it has opened again is this window's
    if (undone) say(undone.message);
    const changed = undone?.rows ?? [];
    changed.forEach((row) => desk.stock.stale.add(row));
    await desk.stock.judged(changed).catch(() => []);
    if (!last && goTo(changed[0])) desk.show();
    else {
      desk.screen.draw();
      desk.stock.fetchAhead();
    }
  }

  /** Stand at a row, if it is in the queue. */
  function goTo(row) {
    const place = desk.rows.indexOf(row);
    if (place >= 0) desk.at = place;
    return place >= 0;
  }

  /** Say something in the head for some seconds. */
  function say(words) {
    note = words;
    clearTimeout(timers.note);
    timers.note = setTimeout(
      () => {
        note = "";
        desk.screen.head();
      },
      NOTE_MS + 40 * words.length,
    );
    desk.screen.head();
  }

  /** Show what others have changed; an example whose label they have shown by that is fetched anew. */
  function showChanged(changed) {
    changed.forEach((row) => desk.stock.stale.add(row));
    if (changed.includes(desk.row) && !desk.reveal) {
      const verdict = desk.verdicts.get(desk.row);
      const who = verdict?.who === desk.data.person ? "stored" : `${verdict?.who} said meanwhile`;
      say(verdict ? `${who}: ${desk.worded(verdict)}` : "the verdict was withdrawn elsewhere");
      desk.screen.draw();
    } else desk.screen.head();
    desk.stock.fetchAhead();
  }
}
