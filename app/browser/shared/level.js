// @ts-check
// Which rows of a run a request is about: its examples, or the parts of them that have a level of their own.

/** The part of a query string that names a level; "" for the examples, which every run has. */
export function levelQuery(level) {
  return level && level !== "examples" ? `level=${encodeURIComponent(level)}` : "";
}
