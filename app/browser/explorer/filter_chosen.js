// @ts-check
// The selection beside the filter, in the panel of the filters: its counts, its bars, its shape over a range.

import { histogram } from "../shared/numbers.js";

/** What is selected or picked as a mask (N), null where nothing is. @param {import("./bus.js").Bus} bus */
export function chosenMask(bus) {
  return bus.selected || bus.picks.size ? bus.scope : null;
}

/** How often each of `length` codes occurs under a mask; null without one. */
export function counted(codes, mask, length) {
  if (!mask) return null;
  const counts = new Uint32Array(length);
  for (let i = 0; i < codes.length; i++) if (mask[i]) counts[codes[i]]++;
  return counts;
}

/** How long the bars of some lines are, 0 .. 1: {bar, chosen} for each. Without a selection a bar is its count over the
 *  largest; with one both bars are shares (of the filter, of the selection) on a common scale, so that they compare.
 *  wanted: lines {count, chosen}, undefined where they have none; whole: {count, chosen}, all rows that they are of. */
export function barsOfLines(wanted, whole) {
  const hasChosen = wanted.some((one) => one.chosen != null),
    share = (part, all) => (part != null && all ? part / all : 0);
  if (!hasChosen) {
    const most = Math.max(1, ...wanted.map((one) => one.count ?? 0));
    return wanted.map((one) => ({ bar: (one.count ?? 0) / most, chosen: null }));
  }
  const both = wanted.map((one) => [share(one.count, whole.count), share(one.chosen, whole.chosen)]),
    most = Math.max(...both.flat()) || 1;
  return both.map(([bar, chosen], at) => ({
    bar: bar / most,
    chosen: wanted[at].chosen == null ? null : chosen / most,
  }));
}

/** The shape of the selection over the bins of a range, heights in 0 .. 1 of its own highest; [] without one. */
export function chosenHeights(values, grid, mask) {
  if (!mask) return [];
  const counts = Array.from(histogram(values, grid, mask)),
    most = Math.max(...counts, 1);
  return counts.map((count) => count / most);
}
