// @ts-check
// The desk of Review: what its parts share, moving through the queue, and what Python sends.

import { h } from "../shared/dom.js";
import { randomId } from "../shared/window_id.js";
import { addressOf, rowsOf } from "./address.js";
import { makeClaims, nextFree } from "./claims.js";
import { makeCorrecting } from "./correcting.js";
import { makeJudging } from "./judging.js";
import { makeKeyboard } from "./key_actions.js";
import { takesText } from "./key_requests.js";
import { makePictures } from "./pictures.js";
import { makeScreen } from "./screen.js";
import { makeStage } from "./stage.js";
import { makeStock } from "./stock.js";
import { makeTags } from "./tags.js";
import { makeVerdicts } from "./verdicts.js";

/** What the parts of Review share: each reads it, and changes what is its own.
 *  @param {import("../shared/client.js").Client} client */
export function makeState(client) {
  return {
    client,
    data: /** @type {any} */ (undefined), // as Python sent it last
    rows: /** @type {number[]} */ ([]), // the queue, and what was opened by its address
    drawn: /** @type {string[]} */ ([]), // why each is in the queue
    at: 0,
    shownAt: performance.now(),
    chooser: /** @type {ReturnType<typeof import("./chooser.js").makeChooser> | null} */ (null),
    reveal: /** @type {any} */ (null), // {row, answer, given, isSame} after a blind answer
    wantsBlind: client.preference("hem-blind") === "1",
    isClose: client.preference("hem-close") === "1", // the view is on the boxes of the row
    hasOthers: true, // the other boxes of the example are drawn too
    hasUnsure: client.preference("hem-unsure") === "1", // also the predictions that are too unsure to count
    isClosed: false,
    isPlain: false, // pictures without the parts that the task draws into them
    verdicts: makeVerdicts(),
    spoken: /** @type {Set<number>} */ (new Set()), // rows that this window has judged since the queue was opened
    settled: /** @type {Set<number>} */ (new Set()), // disputes that somebody has settled since Python sent the queue
    placeOf: /** @type {Map<number, number>} */ (new Map()), // row -> its number in the address of blind review
    source: /** @type {any} */ (null), // the level on screen, and its pictures
    pictures: /** @type {any} */ (null),
    outbox: /** @type {any} */ (null), // of the workspace on screen
    stock: /** @type {import("./stock.js").Stock} */ (/** @type {unknown} */ (null)),
    claims: /** @type {import("./claims.js").Claims | null} */ (null), // what this window has on screen
    judging: /** @type {import("./judging.js").Judging} */ (/** @type {unknown} */ (null)),
    tags: /** @type {import("./tags.js").Tags} */ (/** @type {unknown} */ (null)),
    correcting: /** @type {import("./correcting.js").Correcting} */ (/** @type {unknown} */ (null)),
    stage: /** @type {import("./stage.js").Stage | null} */ (null), // where boxes are drawn over the picture
    screen: /** @type {import("./screen.js").Screen} */ (/** @type {unknown} */ (null)),

    /** The row on screen; undefined behind the last. */
    get row() {
      return this.rows[this.at];
    },
    /** Whether rows are judged blind: as wished, where the level can be; in an audit always. */
    get isBlind() {
      return (this.wantsBlind || Boolean(this.data?.audit)) && !this.data?.no_blind;
    },
    /** Whether the label of the row on screen is hidden: blind, and nobody has judged it. */
    isHidden() {
      return this.isBlind && this.row !== undefined && !this.verdicts.has(this.row);
    },
    /** Whether a row's picture is shown without the parts that its task draws: as asked for, and always blind. */
    showsPlain(row) {
      if (this.data?.corrects) return true; // the page draws the boxes itself
      return Boolean(this.data?.is_drawn) && (this.isPlain || (this.isBlind && !this.verdicts.has(row)));
    },
    /** The answers to choose from: the same for every example, or what makes sense for the part on screen. */
    choices() {
      if (this.data.blind_choices && this.isHidden()) return this.data.blind_choices;
      if (!this.data.has_choices) return this.data.offered ?? [];
      return this.stock.items.get(this.row)?.choices ?? [];
    },
    /** A verdict as text. */
    worded({ tag, value }) {
      return `${this.data.words[tag] ?? tag}${value ? ` → ${value}` : ""}`;
    },
    /** Whether a row of the queue is done: it has a verdict, and where people disagree one of this window, or one that
     *  settled it. */
    isDone(row) {
      return this.data?.is_dispute ? this.spoken.has(row) || this.settled.has(row) : this.verdicts.has(row);
    },
    /** Whether the row at hand is not on screen yet: keys typed ahead of it are no verdicts. */
    isWaiting() {
      if (this.row === undefined) return false;
      return !this.stock.items.has(this.row) || Boolean(this.claims?.isWaiting());
    },
    nextOne(from = this.at) {
      return nextFree(this, from);
    },
    go(to) {
      const target = Math.max(0, Math.min(this.rows.length, to));
      if (this.isClosed || (target === this.at && !this.reveal)) return;
      this.at = target;
      this.show();
    },
    show() {
      if (this.isClosed) return;
      this.judging.endReveal();
      this.correcting?.clear();
      this.tags?.clear();
      this.chooser = null;
      this.shownAt = performance.now();
      this.screen.draw();
      this.stock.fetchAhead();
      this.stock.refresh();
      this.claims?.ask();
    },
    /** Review is left: what is still on its way then shows nothing more, and claims nothing. */
    close() {
      this.isClosed = true;
      this.judging.end();
      this.claims?.end();
    },
    /** A row that the new queue lacks stays: another person has judged it, or it was opened by its address. */
    keepRow(row, place, why) {
      if (row === undefined || this.rows.includes(row)) return;
      this.rows.splice(place, 0, row);
      this.drawn.splice(place, 0, why);
    },
  };
}

/** @typedef {ReturnType<typeof makeState>} Desk */

/** The desk in `place`; leave(page) opens another page. In a drawer of another page that page keeps the address, and
 *  hands over the keys that are meant for the desk.
 *  @param {HTMLElement} place @param {import("../shared/client.js").Client} client
 *  @param {{address?: ReturnType<typeof addressOf>, isDrawer?: boolean}} shell */
export function makeDesk(place, client, leave, shell = {}) {
  const desk = makeState(client),
    { address = addressOf(client), isDrawer = false } = shell;
  const slots = {
    head: h("header", { class: "head" }),
    body: h("main", { class: "body" }),
    bar: h("footer", { class: "actions" }),
  };
  let leaveOutbox = () => {};
  desk.stock = makeStock(desk, client.windowId());
  desk.claims = isDrawer ? null : makeClaims(desk, randomId); // who looks at one example asks for no queue
  desk.judging = makeJudging(desk);
  desk.correcting = makeCorrecting(desk);
  desk.tags = makeTags(desk);
  desk.stage = makeStage({ ...desk.correcting.pointer, picked: pick });
  const keyboard = makeKeyboard(desk, place, leave);
  desk.screen = makeScreen(desk, slots, address, keyboard.act);
  const refresh = () => desk.stock.refresh();
  /** The page is in sight again: its claims may have run out meanwhile. */
  const seen = () => {
    refresh();
    desk.claims?.ask(true);
  };
  const own = [
    [window, "keydown", keyboard.onKey],
    [document, "keydown", freeTheKeys],
    [window, "beforeunload", (event) => desk.outbox?.count() && event.preventDefault()],
  ];
  const listeners = /** @type {[EventTarget, string, (event: any) => void, boolean?][]} */ ([
    ...(isDrawer ? [] : own),
    [window, "focus", refresh],
    [window, "pagehide", () => desk.claims?.end(true)],
    [document, "click", freeTheKeysOfChoices, true], // the choices let no click through
    [document, "visibilitychange", () => document.visibilityState === "visible" && seen()],
  ]);
  for (const [target, ...listener] of listeners) target.addEventListener(...listener);
  place.replaceChildren(slots.head, slots.body, slots.bar);
  return { update, close, onKey: keyboard.onKey, state: desk };

  function update(fresh) {
    const before = desk.data,
      isFirst = !before,
      isOther = isFirst || before.key !== fresh.key;
    const wanted = (isFirst && address.recalled(rowsOf(fresh))) || fresh.wanted,
      current = isOther ? undefined : desk.row;
    // The page itself writes the address; an example in it that is not on screen was put there from outside.
    const isAsked = wanted && (isFirst || (wanted.row !== current && address.names(wanted)));
    const why = desk.drawn[desk.at];
    desk.data = fresh;
    place.classList.toggle("is-audit", Boolean(fresh.audit));
    desk.rows = [...fresh.rows];
    desk.drawn = [...fresh.drawn];
    desk.settled.clear();
    if (isOther) {
      desk.spoken.clear();
      desk.stock.clear();
      desk.judging.clear();
    }
    openTheRun(fresh, before);
    if (wanted) desk.placeOf.set(wanted.row, wanted.place);
    if (desk.outbox?.workspace !== fresh.identity.workspace) openTheOutbox(fresh.identity.workspace);
    desk.keepRow(current, desk.at, why);
    if (isAsked) desk.keepRow(wanted.row, 0, "wanted");
    const found = Object.fromEntries(Object.entries(fresh.verdicts ?? {}).map(([row, verdict]) => [+row, verdict]));
    // A drawer hears of verdicts with each example that is fetched.
    const changed = fresh.verdicts ? desk.verdicts.take(fresh.revision, fresh.rows, found) : [];
    const target = isAsked ? wanted.row : current;
    desk.at = target === undefined ? desk.nextOne(-1) : desk.rows.indexOf(target);
    if (isOther || target === undefined || target !== current) desk.show();
    else desk.judging.showChanged(changed);
    if (current !== undefined && !fresh.rows.includes(current)) refresh(); // Python no longer tells of it
    desk.outbox.send();
    desk.claims?.ask();
  }

  function close() {
    for (const [target, ...listener] of listeners) target.removeEventListener(...listener);
    desk.close();
    desk.stage?.close();
    leaveOutbox();
    desk.pictures?.forget();
  }

  /** A box of the picture was clicked: an object that somebody added is edited, another part is opened. */
  function pick(one) {
    if (one.who !== undefined) return desk.correcting.open(one);
    if (one.row === undefined || one.row === desk.row || !desk.data.has_choices) return undefined;
    desk.keepRow(one.row, desk.at + 1, "wanted");
    return desk.go(desk.rows.indexOf(one.row));
  }

  /** Another run or level has rows, verdicts and pictures of its own. */
  function openTheRun(fresh, before) {
    client.renew(fresh);
    desk.source = client.run(fresh);
    if (!before || isOtherRun(before, fresh)) {
      if (before) desk.verdicts.clear();
      desk.placeOf.clear();
      desk.pictures?.forget();
      desk.pictures = makePictures(desk.source, fresh.has_pictures);
    }
    fresh.places?.forEach((place, k) => desk.placeOf.set(fresh.rows[k], place));
  }

  function openTheOutbox(workspace) {
    leaveOutbox();
    ({ outbox: desk.outbox, leave: leaveOutbox } = client.outbox(workspace, () => desk.outbox && desk.screen.head()));
  }
}

/** A choice that was clicked, of the queue or in a list, keeps the keys to itself; they are for the examples. */
function freeTheKeysOfChoices(event) {
  if (event.detail === 0) return; // by a key: whoever walks by keys goes on from there
  event.target.closest?.("[role='radio']")?.blur();
  if (event.target.closest?.("[role='option']")) setTimeout(leaveTheField);
}

/** A field that was filled in, such as the stop rule of an audit, would take the next key as its own. */
function freeTheKeys(event) {
  const field = event.composedPath()[0];
  if (event.key === "Enter" && field === document.activeElement && takesText(field)) setTimeout(leaveTheField);
}

function leaveTheField() {
  const field = /** @type {HTMLElement | null} */ (document.activeElement);
  if (field?.tagName === "INPUT" && !field.closest("[role='dialog']")) field.blur();
}

/** Are these data of another run, level, scores or workspace? Rows of one are no rows of the other. */
export function isOtherRun(before, fresh) {
  return (
    before.run !== fresh.run ||
    before.level !== fresh.level ||
    before.fingerprint !== fresh.fingerprint ||
    before.identity.workspace !== fresh.identity.workspace
  );
}
