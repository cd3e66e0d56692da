// @ts-check
// The order in which the gallery shows rows: the place of one in it, and the rows around it.

/** The rows around `row` among the sorted ones whose mask is 1: {rows, first, total}. `first` is the place of the first
 *  of them in the whole order; at most `reach` on each side. Without the row, those from the beginning on.
 *  @param {ArrayLike<number>} sorted @param {ArrayLike<number>} mask @param {number} row @param {number} reach */
export function around(sorted, mask, row, reach) {
  const place = Math.max(0, placeOf(sorted, mask, row)),
    first = Math.max(0, place - reach),
    rows = [];
  let total = 0;
  for (let k = 0; k < sorted.length; k++) {
    if (!mask[sorted[k]]) continue;
    if (total >= first && total <= place + reach) rows.push(sorted[k]);
    total++;
  }
  return { rows, first, total };
}

/** The place of a row among the sorted ones whose mask is 1; -1 for a row that is not one of them.
 *  @param {ArrayLike<number>} sorted @param {ArrayLike<number>} mask @param {number} row */
export function placeOf(sorted, mask, row) {
  if (!mask[row]) return -1;
  for (let k = 0, place = 0; k < sorted.length; k++) {
    if (sorted[k] === row) return place;
    if (mask[sorted[k]]) place++;
  }
  return -1;
}
