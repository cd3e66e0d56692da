// @ts-check
// A box that is being corrected or drawn: each step gives a new state, and can be taken back. No page here.

import { dragged, drawn, HANDLES, handleAt, iou } from "./box_geometry.js";

/** @typedef {import("./box_text.js").Box} Box
 *  @typedef {import("./box_geometry.js").Size} Size
 *  @typedef {object} Edit
 *  @property {Box | null} box as it is now; null until one is drawn
 *  @property {Box | null} before as it was
 *  @property {string | null} label
 *  @property {string | null} labelBefore
 *  @property {Size} size of the image
 *  @property {string} handle what the arrow keys move: "move" or one of HANDLES
 *  @property {(Box | null)[]} steps boxes to go back to
 *  @property {{handle: string | null, from: [number, number], box: Box | null} | null} gesture under way */

const ORDER = ["move", ...HANDLES];

/** @param {Box | null} box @param {string | null} label @param {Size} size @returns {Edit} */
export function begin(box, label, size) {
  return { box, before: box, label, labelBefore: label, size, handle: "move", steps: [], gesture: null };
}

/** The button is down at a point; what is there is dragged, outside of the box a new one is drawn. reach: in px of the
 *  image. @param {Edit} edit @param {[number, number]} from @returns {Edit} */
export function pressed(edit, from, reach) {
  const handle = edit.box && handleAt(edit.box, from, reach);
  return { ...edit, handle: handle ?? "move", gesture: { handle, from, box: edit.box } };
}

/** The pointer is at `to`. @param {Edit} edit @param {[number, number]} to @returns {Edit} */
export function moved(edit, to) {
  if (!edit.gesture) return edit;
  const { handle, from, box } = edit.gesture;
  if (!handle || !box) return { ...edit, box: drawn(from, to, edit.size) };
  return { ...edit, box: dragged(box, handle, to[0] - from[0], to[1] - from[1], edit.size) };
}

/** The button is up; with isCancelled the box is as it was. @param {Edit} edit @returns {Edit} */
export function released(edit, isCancelled = false) {
  if (!edit.gesture) return edit;
  const { box } = edit.gesture;
  if (isCancelled) return { ...edit, box, gesture: null };
  return { ...edit, gesture: null, steps: [...edit.steps, box] };
}

/** Moved by keys. @param {Edit} edit @returns {Edit} */
export function nudged(edit, dx, dy) {
  if (!edit.box) return edit;
  return { ...edit, box: dragged(edit.box, edit.handle, dx, dy, edit.size), steps: [...edit.steps, edit.box] };
}

/** The arrow keys move the next corner or edge, or the whole box. @param {Edit} edit @returns {Edit} */
export function turned(edit, step) {
  const at = ORDER.indexOf(edit.handle);
  return { ...edit, handle: ORDER[(at + step + ORDER.length) % ORDER.length] };
}

/** The box before the last step; null where there was none. @param {Edit} edit @returns {Edit | null} */
export function undone(edit) {
  if (!edit.steps.length) return null;
  return { ...edit, box: edit.steps[edit.steps.length - 1], steps: edit.steps.slice(0, -1) };
}

/** Is there anything to save? @param {Edit} edit */
export function hasChanged({ box, before, label, labelBefore }) {
  return Boolean(box) && (label !== labelBefore || !before || before.some((side, at) => side !== box?.[at]));
}

/** Its size, and how far it is from what it was. @param {Edit} edit */
export function measured({ box, before }) {
  if (!box) return "";
  const short = (value) => String(Math.round(10 * value) / 10);
  const size = `${short(box[2] - box[0])} × ${short(box[3] - box[1])} px`;
  return before ? `${size}, IoU ${iou(box, before).toFixed(2).replace(/^0/, "")} with the box before` : size;
}
