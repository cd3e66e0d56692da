// @ts-check
// What a click with or without Ctrl and Shift picks, in the gallery and in the table alike.

/** The picks after a click: `rows` is the one that was clicked, or with Shift all from the last one to it.
 *  @param {Set<number>} before @param {number[]} rows @param {{adds: boolean, isRange: boolean}} keys
 *  @returns {Set<number>} */
export function pickedRange(before, rows, { adds, isRange }) {
  const picks = new Set(adds || isRange ? before : []);
  const [only] = rows;
  if (!isRange && before.has(only) && (adds || before.size === 1)) picks.delete(only);
  else for (const row of rows) picks.add(row);
  return picks;
}
