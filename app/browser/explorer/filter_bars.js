// @ts-check
// The bars behind a range filter: arrays in, heights out.

import { histogram } from "../shared/numbers.js";

/** What the bars over a percentile are made of, the best first. */
export const ERROR_COLUMNS = ["error_prob", "is_correct"];
const WORDS = { error_prob: "mean error probability", is_correct: "share of wrong predictions" };

/** The bars of a column over a grid of bins: {heights (bins) in 0 .. 1, words: what they show, "" for counts}.
 *
 *  Bars are counts on a square-root axis. A percentile has the same count everywhere, so its bars are how often the
 *  model errs there: the mean of `error_prob`, or else of "the prediction is wrong". column(name) gives the column of
 *  the run, undefined where there is none; with neither, a percentile has no bars. */
export function barsOf(one, grid, column) {
  if (one.unit !== "percentile") return { heights: scaled(histogram(one.values, grid), Math.sqrt), words: "" };
  const name = ERROR_COLUMNS.find((name) => column(name));
  if (!name) return { heights: [], words: "" };
  return ofMeans(name, meansOf(one.values, grid, errors(column(name))));
}

/** The same of a column that is not in the page: the server counts.
 *  @param {import("./bus.js").Bus} bus */
export async function countedBars(bus, name, grid) {
  if (bus.described[name].unit !== "percentile")
    return { heights: scaled(await bus.barCounts(name, grid), Math.sqrt), words: "" };
  const weight = ERROR_COLUMNS.find((one) => bus.described[one]);
  return weight ? ofMeans(weight, await bus.barCounts(name, grid, weight)) : { heights: [], words: "" };
}

function ofMeans(name, means) {
  return { heights: scaled(means), words: `bars: ${WORDS[name]}, at most ${percent(Math.max(0, ...means))}` };
}

/** The mean of `weights` in each bin of `values`, 0 where a bin is empty; a weight of NaN is no example. */
function meansOf(values, { low, width, count }, weights) {
  const sums = new Float64Array(count),
    totals = new Uint32Array(count);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(count - 1, Math.floor((values[i] - low) / width));
    if (!(bin >= 0) || Number.isNaN(weights[i])) continue;
    sums[bin] += weights[i];
    totals[bin]++;
  }
  return Array.from(sums, (sum, bin) => (totals[bin] ? sum / totals[bin] : 0));
}

function errors({ names, values }) {
  if (!names) return values;
  const ofCode = names.map((name) => Number(name === "false")); // a missing value has a code without a name
  return Array.from(values, (code) => ofCode[code] ?? NaN);
}

function scaled(heights, scale = (one) => one) {
  const shown = Array.from(heights, scale),
    most = Math.max(0, ...shown);
  return shown.map((one) => (most ? one / most : 0));
}

function percent(share) {
  return `${Number((100 * share).toPrecision(2))}%`;
}
