// @ts-check
// The scale of a histogram: how a column is binned, whether its counts need a logarithm, and what a brush on it means.

import { bins, extent } from "../shared/numbers.js";

const BINS = 50;
const MOST_DECADES = 7;

/** How a column is binned: {grid, isLog, ends, place(values) -> what is counted, value(placed) -> a number of the
 *  column}. column: with its values, or with what is described of them: min, max and, of a logarithmic one, `least`.
 *
 *  On a logarithmic axis the bins are equal in log10, from the smallest positive value, but no more than 7 powers of
 *  ten below the largest; smaller values, zeros among them, stand in the first bin. */
export function scaleOf(column) {
  const around = column.values ? extent(column.values) : [column.min ?? 0, column.max ?? 1],
    isLog = Boolean(column.is_log) && around[1] > 0;
  if (!isLog) {
    const [low, high] = { percentile: [0, 100], probability: [0, 1] }[column.unit] ?? around;
    return { grid: bins(low, high, BINS), isLog, ends: [low, high], place: (values) => values, value: (at) => at };
  }
  const high = around[1],
    smallest = column.values ? extent(column.values.map((value) => (value > 0 ? value : NaN)))[0] : column.least;
  const low = Math.min(Math.max(smallest, high / 10 ** MOST_DECADES), high / 10);
  const width = Math.log10(high / low) / BINS;
  return {
    grid: { low: Math.log10(low), high: Math.log10(high), width, count: BINS },
    isLog,
    ends: [low, high],
    place: (values) =>
      values.map((value) => (value < Infinity ? Math.log10(Math.min(high, Math.max(low, value))) : NaN)),
    value: (at) => 10 ** at,
  };
}

/** Is the largest bin more than twenty times a usual one? */
export function isSkewed(counts) {
  const known = [...counts].filter(Boolean).sort((a, b) => a - b);
  return known.length > 2 && known.at(-1) > 20 * known[known.length >> 1];
}

/** The clause of a brush over a scale from `a` to `b` (places on it): an end at the edge of the axis is open. */
export function brushed(name, { grid, value }, a, b) {
  const [from, to] = [Math.min(a, b), Math.max(a, b)],
    rounded = (at) => Number(value(at).toPrecision(4));
  return {
    column: name,
    min: from <= grid.low ? null : rounded(from),
    max: to >= grid.high ? null : rounded(to),
  };
}
