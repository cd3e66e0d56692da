// @ts-check
// The examples that Review has fetched: ahead of need, and anew when somebody has said something of them.

import { AHEAD, batchOf, coming } from "./queue.js";

const PICTURES_AHEAD = 5;

/**
 * @typedef {object} Stock
 * @property {Map<number, any>} items row -> the example as the server tells it
 * @property {Map<number, string>} missing row -> why it cannot be shown
 * @property {Set<number>} stale shown until they are fetched anew: somebody has said something of them
 * @property {() => void} clear forget all of them, for another queue
 * @property {() => void} dropUnjudged forget those without a verdict
 * @property {(rows: number[], isBlinded: boolean) => Promise<any>} details examples with their thumbnails
 * @property {(row: number) => Promise<void>} arrived resolves when an example is here
 * @property {() => Promise<void>} fetchAhead
 * @property {(rows: number[]) => Promise<number[]>} judged
 * @property {() => Promise<void>} refresh
 */

/** named: resolves when the window has its name.
 *  @param {import("./desk.js").Desk} desk @param {Promise<unknown>} named @returns {Stock} */
export function makeStock(desk, named) {
  const items = new Map(),
    loading = new Set(),
    missing = new Map(),
    stale = new Set();
  let isRefreshing = false;

  return {
    items,
    missing,
    stale,
    clear() {
      items.clear();
      stale.clear();
      missing.clear();
    },
    /** What is fetched blind lacks the label, what is fetched otherwise has it: neither serves the other. */
    dropUnjudged() {
      for (const row of [...items.keys()]) if (!desk.verdicts.has(row)) items.delete(row);
    },
    details,
    async arrived(row) {
      if (!items.has(row)) keep(await details([row], desk.isBlind));
    },
    fetchAhead,
    judged,
    refresh,
  };

  async function fetchAhead() {
    const { data, isBlind } = desk,
      soon = coming(desk.rows, desk.at, (row) => desk.isDone(row));
    soon.slice(0, PICTURES_AHEAD).forEach(fetchPicture);
    const isMissing = (row) => (!items.has(row) || stale.has(row)) && !loading.has(row) && !missing.has(row);
    const batch = batchOf(soon, desk.row, isMissing),
      isOver = () => data.key !== desk.data.key || isBlind !== desk.isBlind;
    if (!batch.length) return;
    batch.forEach((row) => loading.add(row));
    let changed = [];
    try {
      await named; // nothing is shown to be judged before it is known who will undo it
      const found = await details(batch, isBlind);
      if (isOver()) return;
      changed = keep(found);
    } catch (error) {
      batch.forEach((row) => missing.set(row, error.message));
    } finally {
      batch.forEach((row) => loading.delete(row));
      if (isOver()) fetchAhead();
    }
    if (batch.includes(desk.row) || changed.includes(desk.row)) desk.screen.draw();
    fetchAhead();
  }

  /** Keep what was fetched. Returns the rows whose verdict is another now. */
  function keep({ items: fetched, revision }) {
    for (const item of fetched) {
      items.set(item.row, item);
      stale.delete(item.row);
    }
    const whole = fetched.filter((item) => !item.is_blinded);
    const said = Object.fromEntries(whole.map((item) => [item.row, item.verdict]));
    return desk.verdicts.take(
      revision,
      whole.map((item) => item.row),
      said,
    );
  }

  /** Examples with the thumbnails that are shown with them. */
  async function details(some, isBlinded) {
    const shown = desk.pictures,
      found = await desk.source.details(some, isBlinded);
    await shown.fetchThumbs(found.items);
    return found;
  }

  async function fetchPicture(row) {
    const isNew = await desk.pictures.fetchPicture(row, desk.showsPlain(row));
    if (isNew && row === desk.row && items.has(row)) desk.screen.draw();
  }

  /** Ask what people said of the examples around this one; on moving, and when the window comes to the front. */
  async function refresh() {
    if (!desk.data || isRefreshing) return;
    isRefreshing = true;
    try {
      desk.judging.showChanged(await judged(desk.rows.slice(Math.max(0, desk.at - 1), desk.at + AHEAD)));
    } catch {
      // The next step asks again; what is said here is kept by the outbox.
    } finally {
      isRefreshing = false;
    }
  }

  /** Ask what people said of some rows. Returns those whose verdict is another now. */
  async function judged(some) {
    if (!some.length) return [];
    const found = await desk.source.judged(some);
    return desk.verdicts.take(found.revision, some, found.verdicts);
  }
}
