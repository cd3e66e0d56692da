// @ts-check
// Review: one example after another by keys. Shown at once here; the server and Python follow.

import { h } from "../shared/dom.js";
import { pageClient } from "../shared/client.js";
import { addressOf } from "./address.js";
import { makeChooser } from "./chooser.js";
import * as frame from "./frame.js";
import { whenRemoved } from "../shared/mount.js";
import { request, takesText } from "./keys.js";
import { broken, columns, waiting } from "./pane.js";
import { makePictures } from "./pictures.js";
import { AHEAD, batchOf, coming, nextOpen, pace } from "./queue.js";
import { makeVerdicts } from "./verdicts.js";

const PICTURES_AHEAD = 5;
const LONG_PAUSE_MS = 120000,
  NOTE_MS = 4000,
  SAME_MS = 1500,
  DIFFERENT_MS = 3500;

let open = null; // one desk a page: two would both hear the keys

/** Called by Streamlit at mount and with every new `data`; the desk lives on in between.
 *  client: the page's, unless another shell brings its own. */
export default function review({ data, parentElement, setTriggerValue, client = pageClient() }) {
  const place = parentElement.querySelector(".hem-review");
  if (open?.place !== place) {
    open?.desk.close();
    open = { place, desk: makeDesk(place, client, (page) => setTriggerValue("leave", { page })) };
  }
  open.desk.update(data);
  return whenRemoved(place, () => {
    if (open?.place !== place) return;
    open.desk.close();
    open = null;
  });
}

function makeDesk(place, client, leave) {
  let data, // as Python sent it last
    rows = [], // the queue, and what was opened by its address
    drawn = [], // why each is in the queue
    at = 0,
    shownAt = performance.now(),
    chooser = null,
    reveal = null, // {row, answer, given, isSame} after a blind answer
    hasHelp = false,
    isRefreshing = false,
    note = "";
  const timers = { note: 0, reveal: 0 };
  let isBlind = client.preference("hem-blind") === "1";
  const items = new Map(),
    loading = new Set(),
    missing = new Map(),
    stale = new Set(), // shown until they are fetched anew: somebody has said something of them
    undoable = [],
    paces = [];
  const address = addressOf(client),
    home = address.path(),
    named = client.windowId();
  const verdicts = makeVerdicts();
  let source = null, // the run on screen, and its pictures
    pictures = null;
  const placeOf = new Map(); // row -> its number in the address of blind review
  let outbox = null, // of the workspace on screen
    leaveOutbox = () => {};
  const head = h("header", { class: "head" }),
    body = h("main", { class: "body" }),
    bar = h("footer", { class: "actions" });
  const act = {
    verdict: press,
    clear: () => judge("", ""),
    undo,
    choose: (name) => judge("mislabelled", name),
    back: () => {
      chooser = null;
      draw();
    },
    previous: () => go(at - 1),
    next: () => go(reveal ? nextOne() : at + 1),
    blind: toggleBlind,
    help: () => {
      hasHelp = !hasHelp;
      draw();
    },
    leave,
  };
  const listeners = /** @type {[EventTarget, string, (event: any) => void][]} */ ([
    [window, "keydown", onKey],
    [
      window,
      "beforeunload",
      (event) => {
        if (outbox?.count()) event.preventDefault();
      },
    ],
    [window, "focus", refresh],
    [document, "visibilitychange", () => document.visibilityState === "visible" && refresh()],
  ]);
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  place.replaceChildren(head, body, bar);

  return { update, close };

  function update(fresh) {
    const isFirst = !data,
      isOther = isFirst || data.key !== fresh.key;
    const wanted = (isFirst && address.recalled(rowsOf(fresh))) || fresh.wanted,
      current = isOther ? undefined : rows[at];
    // The page itself writes the address; an example in it that is not on screen was put there from outside.
    const isAsked = wanted && (isFirst || (wanted.row !== current && address.names(wanted)));
    const isOtherRun =
      !isFirst &&
      (data.run !== fresh.run ||
        data.level !== fresh.level ||
        data.fingerprint !== fresh.fingerprint ||
        data.identity.workspace !== fresh.identity.workspace);
    const before = drawn[at];
    data = fresh;
    rows = [...fresh.rows];
    drawn = [...fresh.drawn];
    if (isOther) {
      items.clear();
      stale.clear();
      missing.clear();
      undoable.length = 0;
      endReveal();
    }
    client.renew(data);
    source = client.run(data);
    if (isOtherRun) {
      verdicts.clear();
      placeOf.clear();
    }
    if (isFirst || isOtherRun) {
      pictures?.forget();
      pictures = makePictures(source, data.has_pictures);
    }
    fresh.rows.forEach((row, k) => placeOf.set(row, fresh.places[k]));
    if (wanted) placeOf.set(wanted.row, wanted.place);
    if (outbox?.workspace !== fresh.identity.workspace) openTheOutbox(fresh.identity.workspace);
    keepRow(current, at, before);
    if (isAsked) keepRow(wanted.row, 0, "wanted");
    const found = Object.fromEntries(Object.entries(fresh.verdicts).map(([row, verdict]) => [+row, verdict]));
    const changed = verdicts.take(fresh.revision, fresh.rows, found);
    const target = isAsked ? wanted.row : current;
    at = target === undefined ? nextOne(-1) : rows.indexOf(target);
    if (isOther || target === undefined || target !== current) show();
    else showChanged(changed);
    if (current !== undefined && !fresh.rows.includes(current)) refresh(); // Python no longer tells of it
    outbox.send();
  }

  function close() {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
    Object.values(timers).forEach(clearTimeout);
    leaveOutbox();
    pictures?.forget();
  }

  function openTheOutbox(workspace) {
    leaveOutbox();
    ({ outbox, leave: leaveOutbox } = client.outbox(workspace, () => outbox && drawHead()));
  }

  /** A row that the new queue lacks stays: another person has judged it, or it was opened by its address. */
  function keepRow(row, place, why) {
    if (row === undefined || rows.includes(row)) return;
    rows.splice(place, 0, row);
    drawn.splice(place, 0, why);
  }

  // --- moving ---------------------------------------------------------------------------------------------

  function nextOne(from = at) {
    return nextOpen(rows, from, verdicts.has);
  }

  function go(to) {
    const target = Math.max(0, Math.min(rows.length, to));
    if (target === at && !reveal) return;
    at = target;
    show();
  }

  function show() {
    endReveal();
    chooser = null;
    shownAt = performance.now();
    draw();
    fetchAhead();
    refresh();
  }

  // --- judging --------------------------------------------------------------------------------------------

  function press(name) {
    if (rows[at] === undefined) return;
    if (name === "mislabelled" && !isHidden()) openChooser();
    else judge(name, "");
  }

  /** tag "" takes the verdict away. */
  function judge(tag, value) {
    const row = rows[at];
    if (row === undefined) return;
    chooser = null;
    const action = tag ? { action: "add", tag, value } : { action: "clear" };
    post(row, action, tag ? { tag, value, who: data.person } : null);
    say(tag ? `${data.words[tag] ?? tag}${value ? ` → ${value}` : ""}` : "cleared");
    if (tag) go(nextOne());
    else show();
  }

  /** Blind: the server, which knows the label, makes a verdict of the class that was named. */
  async function answer(name) {
    const row = rows[at];
    const storing = post(row, { action: "answer", value: name }, { tag: "answered", value: name, who: data.person });
    reveal = { row, answer: name };
    chooser = null;
    say(`answered ${name}`);
    draw();
    const stored = await storing;
    if (reveal?.row !== row) return;
    if (!stored) return show();
    const {
      items: [item],
    } = await details([row], false).catch(() => ({ items: [] }));
    if (reveal?.row !== row) return;
    if (item) items.set(row, item);
    reveal = { ...reveal, given: item?.label, isSame: stored.tag === "right" };
    timers.reveal = setTimeout(() => go(nextOne()), reveal.isSame ? SAME_MS : DIFFERENT_MS);
    draw();
  }

  function endReveal() {
    clearTimeout(timers.reveal);
    reveal = null;
  }

  /** Queue one action on a row; it shows at once. Resolves to the server's answer, null where it refused. */
  function post(row, action, verdict) {
    const usual = { ...source.about(), ...whichOne(row) };
    const before = verdicts.get(row) ?? null;
    verdicts.say(row, verdict);
    const sequence = outbox.post("/hem/tags", { ...usual, ...action });
    undoable.push({ row, sequence, before });
    const event = { at: Date.now(), who: data.person, n: 1, value: "", ...action, is_undone: false };
    items.get(row)?.history?.unshift(event);
    const spent = performance.now() - shownAt;
    if (spent < LONG_PAUSE_MS) paces.push(spent);
    return outbox.answer(sequence).then((stored) => {
      if (!stored) verdicts.refused(row);
      else verdicts.stored(row, stored.revision, stored.tag && { ...verdict, tag: stored.tag, value: stored.value });
      if (stored?.message) say(stored.message);
      // Fetched blind, it lacks what may be seen now that it is judged.
      if (stored && items.get(row)?.is_blinded) stale.add(row);
      if (!stored) refresh();
      else if (row === rows[at] && !reveal) {
        draw();
        fetchAhead();
      }
      return stored;
    });
  }

  /** An example in a post: its id, or its row of these very scores where this page was not told the id (blind). */
  function whichOne(row) {
    const id = items.get(row)?.id;
    return id == null ? { rows: [row], fingerprint: data.fingerprint } : { ids: [id] };
  }

  async function undo() {
    const last = undoable.pop();
    const usual = source.about();
    if (last) {
      verdicts.say(last.row, last.before);
      const place = rows.indexOf(last.row);
      if (place >= 0) at = place;
      show();
    }
    // What was done before this page was opened the server alone knows: the last action of this window.
    const sequence = outbox.post("/hem/undo", last ? { ...usual, batch: last.sequence } : usual);
    const undone = await outbox.answer(sequence);
    if (last && undone) verdicts.stored(last.row, undone.revision);
    else if (last) verdicts.refused(last.row);
    if (undone) say(undone.message);
    const changed = undone?.rows ?? [];
    changed.forEach((row) => stale.add(row));
    await judged(changed).catch(() => []);
    const place = last ? -1 : rows.indexOf(changed[0]);
    if (place >= 0) at = place;
    if (place >= 0) show();
    else {
      draw();
      fetchAhead();
    }
  }

  function say(words) {
    note = words;
    clearTimeout(timers.note);
    timers.note = setTimeout(
      () => {
        note = "";
        drawHead();
      },
      NOTE_MS + 40 * words.length,
    );
    drawHead();
  }

  // --- what others say meanwhile --------------------------------------------------------------------------

  /** Ask what people said of the examples around this one; on moving, and when the window comes to the front. */
  async function refresh() {
    if (!data || isRefreshing) return;
    isRefreshing = true;
    try {
      showChanged(await judged(rows.slice(Math.max(0, at - 1), at + AHEAD)));
    } catch {
      // The next step asks again; what is said here is kept by the outbox.
    } finally {
      isRefreshing = false;
    }
  }

  async function judged(some) {
    if (!some.length) return [];
    const found = await source.judged(some);
    return verdicts.take(found.revision, some, found.verdicts);
  }

  /** Show what others have changed; an example whose label they have shown by that is fetched anew. */
  function showChanged(changed) {
    changed.forEach((row) => stale.add(row));
    if (changed.includes(rows[at]) && !reveal) {
      const verdict = verdicts.get(rows[at]);
      const who = verdict?.who === data.person ? "stored" : `${verdict?.who} said meanwhile`;
      say(verdict ? `${who}: ${worded(verdict)}` : "the verdict was taken back elsewhere");
      draw();
    } else drawHead();
    fetchAhead();
  }

  // --- keys -----------------------------------------------------------------------------------------------

  function onKey(event) {
    const target = event.composedPath()[0],
      isInput = target === chooser?.input;
    if (!place.isConnected || !data || (takesText(target) && !isInput)) return;
    if (document.querySelector('[role="dialog"][aria-modal="true"]')) return;
    const mode = reveal ? "reveal" : chooser ? (isHidden() ? "blind" : "choose") : "plain";
    const found = request(event, {
      mode,
      verdicts: data.offered,
      isInput,
      hasHelp,
      isEmpty: chooser?.isEmpty ?? true,
      keys: chooser?.keys ?? new Map(),
      unsure: chooser?.unsure,
    });
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    const [what, value] = found;
    const handlers = {
      verdict: () => act.verdict(value),
      clear: act.clear,
      undo: act.undo,
      "next open": () => go(nextOne()),
      blind: act.blind,
      help: act.help,
      previous: act.previous,
      next: act.next,
      back: act.back,
      empty: () => chooser.empty(),
      accept: () => picked(chooser.accepted()),
      class: () => picked(value),
      mark: () => chooser.mark(value),
      type: () => chooser.type(value),
    };
    handlers[what]?.();
  }

  function toggleBlind() {
    isBlind = !isBlind;
    client.prefer("hem-blind", isBlind ? "1" : "0");
    // What is fetched blind lacks the label, what is fetched otherwise has it: neither serves the other.
    for (const row of [...items.keys()]) if (!verdicts.has(row)) items.delete(row);
    show();
  }

  // --- naming a class -------------------------------------------------------------------------------------

  function openChooser() {
    const item = items.get(rows[at]);
    const likely = item ? [item.suggested_label, ...(item.top_classes ?? [])] : [];
    const order = [...new Set([...likely, ...data.classes])].filter((name) => name != null && name !== item?.label);
    const suggested = item?.suggested_label === item?.label ? null : item?.suggested_label;
    chooser = makeChooser({ order, classes: data.classes, suggested, isBlind: false, choose: picked });
    draw();
  }

  function picked(name) {
    if (name === undefined) return;
    if (isHidden()) answer(name);
    else act.choose(name);
  }

  // --- drawing --------------------------------------------------------------------------------------------

  function isHidden() {
    return isBlind && rows[at] !== undefined && !verdicts.has(rows[at]);
  }

  function worded({ tag, value }) {
    return `${data.words[tag] ?? tag}${value ? ` → ${value}` : ""}`;
  }

  function draw() {
    const row = rows[at];
    // While a blind answer waits for the server, the label stays hidden.
    const item = reveal && reveal.isSame === undefined ? undefined : items.get(row);
    const shown = items.get(row);
    if (isHidden() && !chooser) {
      chooser = makeChooser({ order: data.classes, classes: data.classes, isBlind: true, choose: picked });
    }
    drawHead();
    drawBar();
    const id = isHidden() || shown?.is_blinded ? null : shown?.id;
    // While Streamlit goes to another page, this one is still here for a moment.
    const example = row === undefined ? null : { id, row, place: placeOf.get(row) };
    if (address.path() === home) address.show(example, rowsOf(data));
    body.classList.toggle("is-bare", hasHelp || !shown || missing.has(row));
    delete body.dataset.id;
    delete body.dataset.row;
    if (hasHelp) return body.replaceChildren(frame.help(data.offered));
    if (row === undefined) {
      return body.replaceChildren(frame.finished({ n: rows.length, empty: data.empty, done: data.done, act }));
    }
    if (missing.has(row))
      return body.replaceChildren(
        broken(missing.get(row), () => {
          missing.clear();
          show();
        }),
      );
    if (!shown) return body.replaceChildren(waiting());
    drawItem(shown, isHidden() || shown.is_blinded || !item);
  }

  function drawItem(item, isBlinded) {
    body.replaceChildren(...columns({ item, isBlinded, verdict: verdicts.get(item.row), data, pictures, worded }));
    body.classList.toggle("is-blind", isBlinded);
    body.dataset.row = item.row;
    if (!isBlinded) body.dataset.id = item.id;
  }

  function drawHead() {
    const n = rows.length,
      done = rows.filter((row) => verdicts.has(row)).length;
    const isListOpen = head.querySelector("details.unsaved")?.open;
    const reading = { n, done, at, drawn: drawn[at], pace: pace(paces), note };
    head.replaceChildren(
      ...frame.head({ ...reading, outbox, isListOpen, isBlind, isHidden: isHidden(), hasHelp, act }),
    );
    head.dataset.waiting = outbox.count();
    head.dataset.refused = outbox.refused.length;
    head.dataset.done = done;
  }

  function drawBar() {
    const isDone = rows[at] === undefined,
      current = verdicts.get(rows[at])?.tag;
    const about = { verdicts: data.offered, notBlind: data.not_blind, chooser, reveal, current, at, isDone, act };
    const focused = chooser && chooser.input.getRootNode().activeElement === chooser.input;
    if (reveal) bar.replaceChildren(...frame.revealBar(about));
    else if (chooser && isHidden()) bar.replaceChildren(...frame.blindBar(about));
    else if (chooser) bar.replaceChildren(...frame.classBar(about));
    else bar.replaceChildren(...frame.verdictBar(about));
    if (focused) chooser.input.focus();
  }

  // --- fetching what comes next ---------------------------------------------------------------------------

  async function fetchAhead() {
    const key = data.key,
      soon = coming(rows, at, verdicts.has);
    soon.slice(0, PICTURES_AHEAD).forEach(fetchPicture);
    const isMissing = (row) => (!items.has(row) || stale.has(row)) && !loading.has(row) && !missing.has(row);
    const batch = batchOf(soon, rows[at], isMissing),
      wasBlind = isBlind;
    if (!batch.length) return;
    batch.forEach((row) => loading.add(row));
    let changed = [];
    try {
      await named; // nothing is shown to be judged before it is known who will undo it
      const found = await details(batch, isBlind);
      if (key !== data.key || wasBlind !== isBlind) return;
      for (const item of found.items) {
        items.set(item.row, item);
        stale.delete(item.row);
      }
      const whole = found.items.filter((item) => !item.is_blinded);
      const said = Object.fromEntries(whole.map((item) => [item.row, item.verdict]));
      changed = verdicts.take(
        found.revision,
        whole.map((item) => item.row),
        said,
      );
    } catch (error) {
      batch.forEach((row) => missing.set(row, error.message));
    } finally {
      batch.forEach((row) => loading.delete(row));
      if (data && (key !== data.key || wasBlind !== isBlind)) fetchAhead();
    }
    if (batch.includes(rows[at]) || changed.includes(rows[at])) draw();
    fetchAhead();
  }

  /** Examples with the thumbnails that are shown with them. */
  async function details(some, isBlinded) {
    const shown = pictures,
      found = await source.details(some, isBlinded);
    await shown.fetchThumbs(found.items);
    return found;
  }

  async function fetchPicture(row) {
    const isNew = await pictures.fetchPicture(row);
    if (isNew && row === rows[at] && items.has(row) && !hasHelp) draw();
  }
}

/** What an example in the address belongs to: rows of another run or level are other rows. */
function rowsOf(data) {
  return `${data.fingerprint} ${data.level}`;
}
