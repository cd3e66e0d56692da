// @ts-check
// Which example comes next, and which are fetched before they are needed. Rows are those of the queue, in its order.

export const AHEAD = 20;
const BATCH = 12; // examples a request
const URGENT = 3; // the same while somebody waits

/** The place of the next row without a verdict behind `from`, from the beginning when there is none; its length when
 *  all have one. @param {number[]} rows @param {number} from @param {(row: number) => boolean} isJudged */
export function nextOpen(rows, from, isJudged) {
  const behind = rows.findIndex((row, at) => at > from && !isJudged(row));
  const first = behind < 0 ? rows.findIndex((row) => !isJudged(row)) : behind;
  return first < 0 ? rows.length : first;
}

/** The rows that may be shown soon: this one, the one before it, and those ahead without a verdict; at most AHEAD.
 *  @param {number[]} rows @param {number} at @param {(row: number) => boolean} isJudged */
export function coming(rows, at, isJudged) {
  const near = [rows[at], rows[at - 1]].filter((row) => row !== undefined);
  const open = rows.slice(at + 1).filter((row) => !isJudged(row));
  return [...near, ...open.slice(0, AHEAD - near.length)];
}

/** Of the rows that come, those to fetch with one request; none while too few are missing to be worth one.
 *  @param {number[]} soon as `coming` gives them @param {number} current @param {(row: number) => boolean} isMissing */
export function batchOf(soon, current, isMissing) {
  const missing = soon.filter(isMissing);
  if (missing.includes(current)) return missing.slice(0, URGENT);
  if (missing.length < BATCH / 2 && soon.length === AHEAD) return [];
  return missing.slice(0, BATCH);
}

/** How many rows a queue has, null where nobody has counted, and how many of them are done, also of those that were not
 *  sent. @param {number[]} rows @param {(row: number) => boolean} isDone
 *  @param {{n?: number | null, n_done_beyond?: number}} data */
export function progress(rows, isDone, data) {
  const n = data.n === null ? null : Math.max(data.n ?? 0, rows.length),
    done = rows.filter(isDone).length + (data.n_done_beyond ?? 0);
  return { n, done: Math.min(done, n ?? done) };
}

/** Seconds an example, the mean of the last 20; null before the first. @param {number[]} spent milliseconds each */
export function pace(spent) {
  const last = spent.slice(-20);
  return last.length ? last.reduce((sum, ms) => sum + ms, 0) / last.length / 1000 : null;
}
