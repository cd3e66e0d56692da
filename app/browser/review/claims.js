// @ts-check
// Claims of Review: what is on this screen, and the next few, nobody else is given; they run out unless renewed.

import { nextOpen } from "./queue.js";

const AHEAD = 4, // rows that are claimed at a time: the one on screen and those after it
  CANDIDATES = 60, // of which the first free ones are taken
  RENEWALS = 4; // within the life of a claim

/**
 * @typedef {object} Claims
 * @property {(isRenewal?: boolean) => Promise<void>} ask
 * @property {(row: number) => boolean} mayShow
 * @property {(row: number) => boolean} isTaken whether somebody else has the row on screen
 * @property {() => string[]} holders the others who have rows of this queue on screen
 * @property {() => void} end
 */

/** @param {import("./desk.js").Desk} desk @param {() => string} windowName @returns {Claims} */
export function makeClaims(desk, windowName) {
  let own = new Set(),
    others = new Map(), // row -> who has it on screen
    isFree = false, // nobody can be asked: what is on screen is shown all the same
    isAsking = false,
    key = "",
    timer = /** @type {any} */ (0);

  return { ask, mayShow, isTaken: (row) => others.has(row), holders: () => [...new Set(others.values())], end };

  /** Whether a row can be shown: it is claimed, judged, opened by its address, or the server does not answer. */
  function mayShow(row) {
    if (isFree || !desk.source?.claim || key !== desk.data.key) return isFree || !desk.source?.claim;
    return own.has(row) || desk.isDone(row) || desk.drawn[desk.rows.indexOf(row)] === "wanted";
  }

  /** Claim the row on screen and the next ones, where they are not claimed yet. isRenewal: in any case. */
  async function ask(isRenewal = false) {
    const { data, source } = desk;
    if (!data || !source?.claim || isAsking) return;
    if (key !== data.key) forget();
    const wanted = candidates();
    if (!wanted.length || (!isRenewal && wanted.slice(0, AHEAD).every((row) => own.has(row)))) return;
    isAsking = true;
    let found = null;
    try {
      found = await source.claim(wanted, AHEAD, windowName(), Boolean(data.is_dispute));
    } catch {
      // Offline, or refused: people go on, and what two of them say of one row is kept from both.
    }
    isAsking = false;
    if (data.key !== desk.data.key) return void ask();
    take(found, wanted);
    clearTimeout(timer);
    timer = setTimeout(() => ask(true), (1000 * (found?.seconds ?? 120)) / RENEWALS);
    timer.unref?.();
  }

  function take(found, wanted) {
    const before = desk.row,
      could = before === undefined || mayShow(before);
    isFree = found === null;
    key = desk.data.key;
    if (found) {
      wanted.forEach((row) => others.delete(row));
      own = new Set(found.own);
      Object.entries(found.others).forEach(([row, who]) => others.set(Number(row), who));
      const judged = Object.fromEntries(Object.entries(found.judged).map(([row, one]) => [Number(row), one]));
      desk.verdicts.take(found.revision, Object.keys(judged).map(Number), judged);
    }
    const isLost = before !== undefined && !desk.reveal && !desk.spoken.has(before) && !could && !mayShow(before);
    if (before === undefined || isLost || (!could && desk.isDone(before) && !desk.spoken.has(before))) {
      const next = desk.nextOne(-1);
      if (next !== desk.at) return desk.go(next);
    }
    if (!could || before === undefined) desk.screen.draw();
    return undefined;
  }

  /** The open rows from the one on screen on, from the beginning after the last. */
  function candidates() {
    const start = Math.min(desk.at, desk.rows.length),
      turned = [...desk.rows.slice(start), ...desk.rows.slice(0, start)];
    return turned.filter((row) => !desk.isDone(row)).slice(0, CANDIDATES);
  }

  function forget() {
    own = new Set();
    others = new Map();
    isFree = false;
  }

  /** Give everything back: the page is left. */
  function end() {
    clearTimeout(timer);
    if (own.size) desk.source?.claim?.([], 0, windowName(), false, true).catch(() => {});
    forget();
  }
}

/** The next row that is neither done nor on somebody else's screen.
 *  @param {import("./desk.js").Desk} desk @param {number} from */
export function nextFree(desk, from) {
  return nextOpen(desk.rows, from, (row) => desk.isDone(row) || Boolean(desk.claims?.isTaken(row)));
}
