// @ts-check
// What Explore shows and how: the view's usual values, what a run can follow of them, and the columns they need.

import { axesOf } from "./colouring.js";
import { isText } from "../shared/rules.js";
import { modesOf } from "./toolbar.js";

const USUAL = {
  mode: "data",
  colour: "difficulty",
  score: "difficulty",
  distribution: "difficulty",
  x: "loss",
  y: "neighbour_disagreement",
  tile: /** @type {number | null} */ (null), // what suits the screen
  wholes: false, // tiles of parts show the whole example
  ascending: false,
  sort: /** @type {{column: string, descending: boolean} | null} */ (null), // of the table, where it has one of its own
  columns: /** @type {string[] | null} */ (null), // of the table; what suits the run
  hide: false,
  names: true, // the clusters of the embedding map have their names on it
  contours: true, // lines of equal density, where points lie over each other
  dense: /** @type {boolean | null} */ (null), // what suits the number of points
  epoch: /** @type {number | null} */ (null), // the data map after this many epochs; null: after all
  log: /** @type {boolean | null} */ (null), // what suits the distribution
  order: "class",
  rates: false,
  whole: /** @type {boolean | null} */ (null), // what suits the screen
  ranges: /** @type {string[]} */ ([]),
};
/** A score -> the one that only ranks it. @type {Record<string, string>} */
const RANK_OF = { loss: "difficulty" };
/** What a run without the usual column for the second axis shows there. */
const BESIDE = "label_suspicion";
const ALWAYS = ["label", "predicted", "is_correct", "error", "reason"];
const TILE_PX = [56, 160];

/** @typedef {typeof USUAL} View
 * @typedef {Record<string, import("./columns.js").Column>} Described
 */

/** The view before anybody has chosen; distribution: the column that the run begins with; mode: the first that it has.
 *  @param {string | null} [distribution] @param {string} [mode] @returns {View} */
export function usualView(distribution, mode) {
  return { ...USUAL, distribution: distribution ?? USUAL.distribution, mode: mode ?? "matrix" };
}

/** The view as far as a run has its columns, the rest as usual. @param {View} wanted @param {View} usual
 *  @param {Described} described @returns {View} */
export function usable(wanted, usual, described, missing = null) {
  const there = (name, otherwise) => (described[name] ? name : otherwise);
  const scores = Object.keys(described).filter((name) => described[name].is_score);
  const x = there(wanted.x, scores[0]);
  const others = scores.filter((name) => name !== x && name !== RANK_OF[x]); // a line would say nothing
  return {
    ...wanted,
    mode: modesOf(missing).some(([name]) => name === wanted.mode) ? wanted.mode : usual.mode,
    colour: there(wanted.colour, scores[0]),
    score: there(wanted.score, scores[0]),
    distribution: there(wanted.distribution, scores[0]),
    x,
    y: there(wanted.y, others.find((name) => name === BESIDE) ?? others[0] ?? x),
    tile: wanted.tile && Math.max(TILE_PX[0], Math.min(TILE_PX[1], wanted.tile)),
  };
}

/** The columns that a view cannot be drawn without. @param {View} view @param {Described} described */
export function neededColumns(view, described) {
  const axes = axesOf(view),
    drawn = view.mode === "matrix" || view.mode === "table" ? [] : [axes.x, axes.y];
  const names = new Set([...ALWAYS, view.score, view.distribution, view.colour, ...drawn]);
  return [...names].filter((name) => described[name]);
}

/** What differs from the usual: all that an address has to say. @param {View} usual @param {View} view */
export function changedSince(usual, view) {
  const isOther = ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]);
  return Object.fromEntries(Object.entries(view).filter(isOther));
}

/** The columns whose values the page needs to resolve a clause by itself. */
export function columnsOf(clause) {
  const inner = clause.not ?? clause;
  if (inner.polygon) return [inner.polygon.x, inner.polygon.y];
  const isResolved = inner.column && !isText(inner);
  return isResolved ? [inner.column] : [];
}
