// @ts-check
// What a reader sees for a name in a column: in the filters and in the legend of the map.

/** true and false in words; every other name as it is. @param {string} column @param {string} text
 *  @param {boolean} isBool */
export function shownName(column, text, isBool) {
  if (!isBool) return text;
  const [yes, no] = column === "is_correct" ? ["correct", "wrong"] : ["yes", "no"];
  return text === "true" ? yes : no;
}
