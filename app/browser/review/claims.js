// @ts-check
// Claims of Review: what is on this screen, and the next few, nobody else is given; they run out unless renewed.

import { nextOpen } from "./queue.js";

const AHEAD = 4, // rows that are claimed at a time: the one on screen and those after it
  CANDIDATES = 60, // of which the first free ones are taken
  RENEWALS = 4, // within the life of a claim
  NOTHING_SECONDS = 4, // between two questions while others have all that is left
  LATE_SECONDS = 10, // after which a question counts as unanswered
  LATE_AMONG_OTHERS_SECONDS = 45, // the same where others are at work: an answer is worth waiting for
  UNANSWERED_SECONDS = 60;

/**
 * @typedef {object} Claims
 * @property {(isRenewal?: boolean) => Promise<void>} ask
 * @property {(row: number) => boolean} mayShow
 * @property {(row: number) => boolean} isTaken whether somebody else has the row on screen
 * @property {() => string[]} holders the others who have rows of this queue on screen
 * @property {() => string} name what this page claims rows as, now
 * @property {() => boolean} isWaiting
 * @property {() => boolean} isRefused whether the server could not be asked, and others are at work
 * @property {(isReload?: boolean) => void} end
 */

/** freshName: a name that no other page has. Claims are made in it, and in another one after a question whose answer is
 *  unknown or no longer wanted: the server may act on it late, and then gives back nothing that was claimed since.
 *  @param {import("./desk.js").Desk} desk @param {() => string} freshName @returns {Claims} */
export function makeClaims(desk, freshName) {
  let own = new Set(),
    others = new Map(), // row -> who has it on screen
    isAlone = /** @type {boolean | null} */ (null), // nobody else had anything of this level on screen; null: unknown
    isFree = false, // nobody can be asked, or nobody else is here: what is on screen is shown all the same
    isAsking = false,
    isRefused = false, // the last question among others had no answer
    until = { date: 0, steady: 0 }, // of the own claims, by a clock that may be set and one that may stop
    name = freshName(),
    key = "",
    seen = { row: /** @type {number | undefined} */ (undefined), isShown: false }, // the row at hand; or done before
    timer = /** @type {any} */ (0);
  // Judged in this window, or worked at here when the claim ran out: an undo shows it at once, and claims it as it is
  // stored.
  const kept = new Set();

  return {
    ask,
    mayShow,
    isTaken: (row) => others.has(row) && !desk.isDone(row),
    holders,
    isWaiting,
    end,
    name: () => name,
    isRefused: () => isRefused,
  };

  /** Whether the row at hand may turn out to be another's: keys typed ahead of the server are no verdicts then. */
  function isWaiting() {
    const { row, data } = desk;
    if (row === undefined || (mayShow(row) && !isOnlySeen(row))) return false;
    if (isOver()) ask(); // no timer may have run while the computer slept
    return isOver() || key !== data.key || desk.isHidden() || !isAlone || desk.isDone(row);
  }

  function isOver() {
    return Date.now() >= until.date || performance.now() >= until.steady;
  }

  function isOwn(row) {
    return own.has(row) && !isOver();
  }

  function holders() {
    const open = [...others].filter(([row]) => !desk.isDone(row));
    return [...new Set(open.map(([, who]) => who))];
  }

  /** Whether a row can be shown: it is claimed, judged, being stored, or the server does not answer. */
  function mayShow(row) {
    if (!desk.source?.claim) return true;
    if (row === desk.row) arrive();
    if (!isFree && key !== desk.data.key) return false;
    const isHeld = isOwn(row) || kept.has(row) || desk.verdicts.isStoring(row);
    const isOurs = isFree || isHeld || isOnlySeen(row) || isDoneHere(row);
    if (isOurs && row === seen.row) seen.isShown = true;
    return isOurs;
  }

  /** Note whether the row that people have come to was done before. */
  function arrive() {
    if (seen.row !== desk.row) seen = { row: desk.row, isShown: desk.row !== undefined && desk.isDone(desk.row) };
  }

  /** Whether a row is done, and not by somebody else while it waited for its claim: that one is left. */
  function isDoneHere(row) {
    return desk.isDone(row) && (row !== seen.row || seen.isShown || desk.spoken.has(row) || isWanted(row));
  }

  /** Whether a row was opened by its address: it stays, whoever has it or has judged it. */
  function isWanted(row) {
    return desk.drawn[desk.rows.indexOf(row)] === "wanted";
  }

  /** Whether a row was opened by its address while somebody else is at work on it: it is shown, and not judged. */
  function isOnlySeen(row) {
    return others.has(row) && !isFree && !desk.isDone(row) && isWanted(row);
  }

  /** Claim the row on screen and the next ones, where they are not claimed yet. isRenewal: in any case. */
  async function ask(isRenewal = false) {
    const { data, source } = desk;
    if (desk.isClosed || !data || !source?.claim) return;
    if (key !== data.key) forget();
    keepWhatIsDone();
    arrive();
    if (isRenewal && own.size && isOver()) desk.screen.draw(); // out of sight they ran out: somebody else may have it
    if (isAsking) return;
    const wanted = candidates(),
      most = Math.min(AHEAD, Math.ceil(wanted.length / 2)), // of a short list there is something for somebody else
      asked = desk.row;
    if (!wanted.length || (!isRenewal && wanted.slice(0, most).every(isOwn))) {
      if (asked !== undefined && key === data.key && desk.isDone(asked) && !mayShow(asked)) goOn();
      return;
    }
    isAsking = true;
    const asking = name,
      askedAt = { date: Date.now(), steady: performance.now() },
      storing = [...own].filter((row) => desk.verdicts.isStoring(row)), // nobody else's until their verdict is stored
      rows = [...storing, ...wanted],
      drop = [...own].filter((row) => !desk.isDone(row)), // in the same step as those that are claimed anew
      about = { window: asking, isDispute: Boolean(data.is_dispute), drop };
    own = new Set(rows.slice(0, storing.length + most).filter((row) => own.has(row)));
    let found = null,
      isOffline = false;
    try {
      const wait = isAlone === false ? LATE_AMONG_OTHERS_SECONDS : LATE_SECONDS;
      found = await Promise.race([source.claim(rows, storing.length + most, about), late(wait)]);
    } catch (error) {
      isOffline = error.status === undefined; // people go on, and what two of them say of one row is kept from both
    }
    isAsking = false;
    if (asking !== name) return found?.own.length ? giveBack(asking) : undefined;
    if (!found) name = freshName();
    if (data.key !== desk.data.key) return void ask();
    const wasShown = desk.row !== undefined && mayShow(desk.row);
    isFree = !found && (isAlone !== false || isOffline); // who may be alone is not kept waiting
    isRefused = !found && !isFree;
    take(found, rows, askedAt, wasShown);
    const isShort = desk.row === undefined || isRefused;
    const life = isShort ? RENEWALS * NOTHING_SECONDS : (found?.seconds ?? UNANSWERED_SECONDS);
    plan(life, found ? performance.now() - askedAt.steady : 0);
    if (desk.row !== asked) ask(); // people went on while this was on its way
  }

  /** What is judged here is kept for an undo. What was opened again, is stored and was left is like any other row. */
  function keepWhatIsDone() {
    for (const row of desk.spoken) if (own.has(row)) kept.add(row);
    for (const row of kept) {
      if (row !== desk.row && !desk.isDone(row) && !desk.verdicts.isStoring(row)) kept.delete(row);
    }
  }

  /** Renew the claims while the page is in sight; those of a page that nobody sees run out. spent: milliseconds of the
   *  time until then that have passed, while the server took its time to answer. */
  function plan(seconds, spent = 0) {
    clearTimeout(timer);
    if (desk.isClosed) return;
    timer = setTimeout(
      () => (globalThis.document?.visibilityState === "hidden" ? plan(seconds) : ask(true)),
      Math.max(1000, Math.round((1000 * seconds) / RENEWALS - spent)),
    );
    timer.unref?.();
  }

  function take(found, wanted, askedAt, wasShown) {
    const row = desk.row,
      could = wasShown || own.has(row), // of a tab in sight again the claim may have run out
      wasDone = row !== undefined && isDoneHere(row); // judged, and opened by its address or gone back to
    if (found || isFree) key = desk.data.key;
    if (found) {
      wanted.forEach((one) => others.delete(one));
      own = new Set(found.own);
      isAlone = found.is_alone;
      until = { date: askedAt.date + 1000 * found.seconds, steady: askedAt.steady + 1000 * found.seconds };
      Object.entries(found.others).forEach(([one, who]) => others.set(Number(one), who));
      for (const one of found.settled ?? []) desk.settled.add(one);
      const judged = Object.fromEntries(Object.entries(found.judged).map(([one, verdict]) => [Number(one), verdict]));
      const changed = desk.verdicts.take(found.revision, Object.keys(judged).map(Number), judged);
      for (const one of changed) desk.stock.stale.add(one);
      if (changed.length) desk.screen.head();
    }
    if (row !== undefined && could) return keep(row, wasShown);
    if (row === undefined || !(wasDone || isOpen(row) || isWanted(row))) return goOn();
    if (isOnlySeen(row)) desk.judging.say(onScreenOf(row));
    return desk.screen.draw();
  }

  /** Whether a row can still be given to this window: nobody else has it, and nobody has judged it meanwhile. */
  function isOpen(row) {
    return !others.has(row) && (!desk.isDone(row) || kept.has(row));
  }

  /** The row was on screen already: unless somebody is at work on it, it is left when it is another's now. */
  function keep(row, wasShown) {
    const isLost = !mayShow(row) && others.has(row);
    const isBusy = desk.chooser || desk.reveal || desk.correcting?.edit() || desk.tags?.isOn();
    if (isLost && !isBusy) return goOn(onScreenOf(row));
    if (isLost) kept.add(row);
    if (!wasShown || !mayShow(row)) desk.screen.draw();
  }

  function onScreenOf(row) {
    return `${others.get(row)} has that example on screen now`;
  }

  function goOn(words = "") {
    const next = desk.nextOne();
    if (words) desk.judging.say(words);
    if (next === desk.at) desk.screen.draw();
    else desk.go(next);
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
    isAlone = null;
    isRefused = false;
    until = { date: 0, steady: 0 };
    isFree = false;
    kept.clear();
  }

  /** Give everything back: the page is left. isReload: it may come back in a moment, with the row that is on screen. */
  function end(isReload = false) {
    clearTimeout(timer);
    const before = name;
    name = freshName();
    if (own.size) giveBack(before, isReload ? desk.row : undefined);
    forget();
  }

  /** All but one row, and those whose verdicts are on their way: somebody else could judge them before these are
   *  stored. */
  function giveBack(window, row = /** @type {number | undefined} */ (undefined)) {
    const storing = [...desk.spoken].filter((one) => desk.verdicts.isStoring(one)).slice(-CANDIDATES),
      kept = row === undefined ? storing : [row, ...storing];
    desk.source?.claim?.(kept, 0, { window, release: true }).catch(() => {});
  }
}

/** Resolves to nothing once a question has gone on for too long: one that hangs would keep all later ones back. */
function late(seconds) {
  return new Promise((go) => {
    const timer = /** @type {any} */ (setTimeout(go, 1000 * seconds, null));
    timer.unref?.();
  });
}

/** The place a step away, without those on somebody else's screen, and without those that somebody else has judged as
 *  long as there are others that way: who goes back wants what they said themselves.
 *  @param {import("./desk.js").Desk} desk @param {1 | -1} step */
export function stepped(desk, step) {
  const isTaken = (at) => Boolean(desk.claims?.isTaken(desk.rows[at]));
  let near = desk.at + step;
  while (isTaken(near)) near += step;
  let to = near;
  while (isTaken(to) || isOthers(desk, desk.rows[to])) to += step;
  return desk.claims && desk.rows[to] !== undefined ? to : near;
}

/** Whether a row of the queue is done, and not by what this person said. */
function isOthers(desk, row) {
  if (row === undefined || !desk.isDone(row) || desk.spoken.has(row)) return false;
  return desk.verdicts.get(row)?.who !== desk.data.person;
}

/** The next row that is neither done nor on somebody else's screen.
 *  @param {import("./desk.js").Desk} desk @param {number} from */
export function nextFree(desk, from) {
  return nextOpen(desk.rows, from, (row) => desk.isDone(row) || Boolean(desk.claims?.isTaken(row)));
}
