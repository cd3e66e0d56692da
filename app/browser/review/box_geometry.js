// @ts-check
// Boxes and the part of an image that is shown, as numbers. No page here.

/** @typedef {import("./box_text.js").Box} Box
 *  @typedef {{width: number, height: number}} Size in px of the image
 *  @typedef {{x: number, y: number, w: number, h: number}} View the part of the image that is shown, in its px
 *  @typedef {[number, number]} Point in px of the image */

/** The corners and edges that can be dragged, clockwise. */
export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const LEAST_PX = 1;
const CONTEXT = 0.4; // of the longer side of a box, around it
const LEAST_CONTEXT_PX = 24;
const CLOSEST_PX = 8; // of the image, in the closest view

/** Where a handle is. @param {Box} box @returns {Point} */
export function placeOf([left, top, right, bottom], handle) {
  const x = handle.includes("w") ? left : handle.includes("e") ? right : (left + right) / 2;
  const y = handle.includes("n") ? top : handle.includes("s") ? bottom : (top + bottom) / 2;
  return [x, y];
}

/** What a press at a point takes hold of: a handle, "move" inside the box, null outside. Corners come before edges, and
 *  an edge can be taken anywhere along it. reach: in px of the image. @param {Box} box @param {Point} point */
export function handleAt(box, [x, y], reach) {
  const [left, top, right, bottom] = box;
  if (x < left - reach || x > right + reach || y < top - reach || y > bottom + reach) return null;
  const near = (value, side) => Math.abs(value - side) <= reach;
  // In a box smaller than the reach, the nearer of two sides counts.
  const vertical = near(y, top) && Math.abs(y - top) <= Math.abs(y - bottom) ? "n" : near(y, bottom) ? "s" : "";
  const horizontal = near(x, left) && Math.abs(x - left) <= Math.abs(x - right) ? "w" : near(x, right) ? "e" : "";
  return vertical + horizontal || "move";
}

/** The box after a handle was dragged; dragged sides lie on whole px, a side that is dragged over the other one becomes
 *  the other one. @param {Box} box @param {Size} size @returns {Box} */
export function dragged(box, handle, dx, dy, size) {
  if (handle === "move") return shifted(box, Math.round(dx), Math.round(dy), size);
  let [left, top, right, bottom] = box;
  if (handle.includes("w")) left = Math.round(left + dx);
  if (handle.includes("e")) right = Math.round(right + dx);
  if (handle.includes("n")) top = Math.round(top + dy);
  if (handle.includes("s")) bottom = Math.round(bottom + dy);
  return spanned([left, top], [right, bottom], size);
}

/** The box between two points, inside the image and at least a px wide and high.
 *  @param {Point} from @param {Point} to @param {Size} size @returns {Box} */
function spanned(from, to, size) {
  const [left, right] = stretch(from[0], to[0], size.width),
    [top, bottom] = stretch(from[1], to[1], size.height);
  return [left, top, right, bottom];
}

/** The box drawn from one point to another, on whole px. @param {Point} from @param {Point} to @param {Size} size */
export function drawn(from, to, size) {
  const whole = /** @type {(point: Point) => Point} */ (([x, y]) => [Math.round(x), Math.round(y)]);
  return spanned(whole(from), whole(to), size);
}

/** @param {Box} one @param {Box} other */
export function iou(one, other) {
  const across = Math.min(one[2], other[2]) - Math.max(one[0], other[0]),
    down = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const both = Math.max(0, across) * Math.max(0, down),
    area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return both ? both / (area(one) + area(other) - both) : 0;
}

/** The view of a whole image in an element of an aspect (width / height). @param {Size} size @returns {View} */
export function whole(size, aspect) {
  return around([0, 0, size.width, size.height], aspect);
}

/** The view of some boxes with context. @param {Box[]} boxes @param {Size} size @returns {View} */
export function close(boxes, size, aspect) {
  if (!boxes.length) return whole(size, aspect);
  const side = (at, choose) => choose(...boxes.map((box) => box[at]));
  const [left, top, right, bottom] = [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
  const more = Math.max(CONTEXT * Math.max(right - left, bottom - top), LEAST_CONTEXT_PX);
  const found = around([left - more, top - more, right + more, bottom + more], aspect),
    all = whole(size, aspect);
  return found.w > all.w ? all : found;
}

/** The view after a zoom about a point; factor < 1 comes closer; no wider than the whole.
 *  @param {View} view @param {Point} about @param {Size} size @returns {View} */
export function zoomed(view, [x, y], factor, size, aspect) {
  const all = whole(size, aspect);
  if (view.w * factor >= all.w) return all;
  const least = Math.max(CLOSEST_PX, CLOSEST_PX * aspect),
    share = Math.max(factor, least / view.w);
  return { x: x + (view.x - x) * share, y: y + (view.y - y) * share, w: view.w * share, h: view.h * share };
}

/** The view after the image was dragged by so many of its px; some of it stays in sight.
 *  @param {View} view @param {Size} size @returns {View} */
export function panned(view, dx, dy, size) {
  const x = Math.min(Math.max(view.x - dx, -view.w / 2), size.width - view.w / 2),
    y = Math.min(Math.max(view.y - dy, -view.h / 2), size.height - view.h / 2);
  return { ...view, x, y };
}

/** @returns {View} */
function around([left, top, right, bottom], aspect) {
  const w = Math.max(right - left, (bottom - top) * aspect),
    h = w / aspect;
  return { x: (left + right - w) / 2, y: (top + bottom - h) / 2, w, h };
}

/** @param {Box} box @param {Size} size @returns {Box} */
function shifted(box, dx, dy, size) {
  const [left, top, right, bottom] = box;
  const across = Math.min(Math.max(dx, -left), Math.max(size.width - right, -left)),
    down = Math.min(Math.max(dy, -top), Math.max(size.height - bottom, -top));
  return [left + across, top + down, right + across, bottom + down];
}

/** Two numbers in order, within 0 … length and LEAST_PX apart. @returns {[number, number]} */
function stretch(one, other, length) {
  const inside = (value) => Math.min(Math.max(value, 0), length);
  const low = Math.min(inside(one), inside(other)),
    high = Math.max(inside(one), inside(other));
  if (high - low >= LEAST_PX) return [low, high];
  return low + LEAST_PX <= length ? [low, low + LEAST_PX] : [length - LEAST_PX, length];
}
