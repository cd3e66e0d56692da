// @ts-check
// Which rows of a run a request is about: its examples, or the parts of them that have a level of their own.

import { whole } from "./numbers.js";

/** What a level's rows are called: `examples`, `boxes`, `text spans`; a level's name is a plural. */
export function rowsOf(level) {
  return (level || "examples").replaceAll("_", " ");
}

/** How many rows of a level: `1 example`, `800 boxes`; one part of any level is `1 part`. */
export function counted(n, level) {
  const isOfExamples = !level || level === "examples";
  return n === 1 ? (isOfExamples ? "1 example" : "1 part") : `${whole(n)} ${rowsOf(level)}`;
}

/** The part of a query string that names a level; "" for the examples, which every run has. */
export function levelQuery(level) {
  return level && level !== "examples" ? `level=${encodeURIComponent(level)}` : "";
}
