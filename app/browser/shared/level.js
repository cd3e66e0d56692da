// @ts-check
// Which rows of a run a request is about: its examples, or the parts of them that have a level of their own.

import { whole } from "./numbers.js";

/** What a level's rows are called: `examples`, `boxes`, `text spans`; a level's name is a plural. */
export function rowsOf(level) {
  return (level || "examples").replaceAll("_", " ");
}

/** How many rows of a level: `1 example`, `1 box`, `800 boxes`. */
export function counted(n, level) {
  const rows = rowsOf(level);
  return n === 1 ? `1 ${rows.replace(/(?<=x|ss)es$|s$/, "")}` : `${whole(n)} ${rows}`;
}

/** The part of a query string that names a level; "" for the examples, which every run has. */
export function levelQuery(level) {
  return level && level !== "examples" ? `level=${encodeURIComponent(level)}` : "";
}
