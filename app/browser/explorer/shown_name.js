// @ts-check
// What a reader sees for a name in a column: in the filters and in the legend of the map.

/** A cluster by what sets it apart, as on the map; every other name as `shownName` has it.
 *  @param {import("./bus.js").Bus} bus @param {string} column @param {string} text @param {boolean} isBool */
export function shownOn(bus, column, text, isBool) {
  return column === "cluster" ? bus.clusterName(text) : shownName(column, text, isBool);
}

/** true and false in words, a reason as in the figures of Overview; every other name as it is.
 *  @param {string} column @param {string} text @param {boolean} isBool */
export function shownName(column, text, isBool) {
  if (column === "reason") return text.replaceAll("_", " ");
  if (!isBool) return text;
  const [yes, no] = column === "is_correct" ? ["correct", "wrong"] : ["yes", "no"];
  return text === "true" ? yes : no;
}
