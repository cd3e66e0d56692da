// @ts-check
// What the page tells Python: one numbered message after the hand has come to rest, kept until Python has answered it.

const REST_MS = 60;
const PATIENCE_MS = 1500;
const MOST_PATIENCE_MS = 24000;

/** Messages are whole states: the newest one says everything. deliver(message) hands one over; isBusy() says that
 *  Python is at work, so that its answer may still come; clock: {set(action, ms) -> id, clear(id)}.
 *
 *  put(state): deliver it soon. now(state): deliver it at once. acknowledge(sequence): Python has followed so far.
 *  A message without an answer is delivered again under a new number, each time after a longer wait.
 *  @param {(message: object) => void} deliver
 *  @typedef {{set: (action: () => void, ms: number) => any, clear: (id: any) => void}} Clock
 *  @param {{isBusy?: () => boolean, clock?: Clock}} [_] */
export function makeCourier(deliver, { isBusy = () => false, clock = browserClock() } = {}) {
  let sequence = 0,
    waiting = null,
    last = null,
    rest = 0,
    watch = 0,
    patience = PATIENCE_MS,
    isOver = false;

  function put(state) {
    if (isOver) return;
    waiting = state;
    clock.clear(rest);
    rest = clock.set(flush, REST_MS);
  }

  function now(state) {
    if (isOver) return;
    waiting = state;
    flush();
  }

  function flush() {
    clock.clear(rest);
    rest = 0;
    if (!waiting || isOver) return;
    last = { ...waiting, sequence: ++sequence };
    waiting = null;
    patience = PATIENCE_MS;
    hand();
  }

  function hand() {
    deliver(last);
    clock.clear(watch);
    watch = clock.set(remind, patience);
  }

  function remind() {
    watch = 0;
    if (!last || isOver) return;
    if (isBusy()) {
      watch = clock.set(remind, PATIENCE_MS);
      return;
    }
    patience = Math.min(MOST_PATIENCE_MS, patience * 2);
    // Under a new number: a state that Python has been handed and lost would else be taken for no change at all.
    last = { ...last, sequence: ++sequence };
    hand();
  }

  return {
    put,
    now,
    /** Python has answered up to this number; it may be ahead of us, after a reload of the page. */
    acknowledge(number) {
      sequence = Math.max(sequence, number);
      if (!last || number < last.sequence) return;
      last = null;
      clock.clear(watch);
    },
    /** Has everything been answered? */
    isSettled: () => !waiting && !last,
    /** End it; what is waiting still goes out. */
    end() {
      flush();
      isOver = true;
      clock.clear(rest);
      clock.clear(watch);
    },
  };
}

function browserClock() {
  return { set: (action, ms) => setTimeout(action, ms), clear: (id) => clearTimeout(id) };
}
