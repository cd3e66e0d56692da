// @ts-check
// Lines of equal density where points lie over each other: a count in small squares, smoothed, and a few levels of it.

import { rgb } from "../shared/colours.js";
import { OFF_CANVAS } from "./raster.js";

const CELL_PX = 4; // CSS pixels of a square's side
const SMOOTH = 1; // squares on each side that are averaged, three times over: nearly a normal curve of 6 px
const LEVELS = 4;
const OVERLAP = 2.5; // points over a place from which the outermost line is drawn
const LEAST_RANGE = 1.5; // times that the densest place has, at least: a thin spread needs no lines

/** Draw the contours of points on a canvas of their own, over what lies below it. placed: as `project` gives it;
 *  mask (N): which rows count; radius: of a point, in device pixels. Returns how many levels were drawn.
 *  @param {HTMLCanvasElement} canvas
 *  @param {{px: Int16Array, py: Int16Array, onScreen: number}} placed
 *  @param {{ratio: number}} frame */
export function drawContours(canvas, placed, mask, radius, frame, look) {
  const context = cleared(canvas);
  if (!context) return 0;
  const cell = CELL_PX * frame.ratio,
    field = smoothed(counted(placed, mask, canvas.width, canvas.height, cell)),
    levels = levelsOf(field, (cell * cell) / (Math.PI * radius * radius));
  levels.forEach((level, at) => stroke(context, lines(field, level), cell, at / LEVELS, frame.ratio, look));
  return levels.length;
}

/** Take all lines away. @param {HTMLCanvasElement} canvas */
export function cleared(canvas) {
  const context = canvas.getContext("2d");
  context?.setTransform(1, 0, 0, 1, 0, 0);
  context?.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

/** @typedef {{values: Float32Array, columns: number, lines: number}} Field a number for each square, line after
 *  line */

/** How many rows of a mask lie in each square. @returns {Field} */
export function counted({ px, py }, mask, width, height, cell) {
  const columns = Math.ceil(width / cell),
    rows = Math.ceil(height / cell),
    values = new Float32Array(columns * rows);
  for (let i = 0; i < px.length; i++) {
    const x = px[i],
      y = py[i];
    if (x === OFF_CANVAS || x < 0 || y < 0 || x >= width || y >= height || !mask[i]) continue;
    values[Math.floor(y / cell) * columns + Math.floor(x / cell)]++;
  }
  return { values, columns, lines: rows };
}

/** The field averaged over its neighbours three times, along the lines and then across; at the edges over those that
 *  there are, for the points go on beyond them. @param {Field} field @returns {Field} */
export function smoothed({ values, columns, lines: rows }, reach = SMOOTH) {
  let from = /** @type {Float32Array} */ (values),
    to = /** @type {Float32Array} */ (new Float32Array(values.length));
  for (let turn = 0; turn < 3; turn++) {
    for (let row = 0; row < rows; row++) averaged(from, to, row * columns, 1, columns, reach);
    [from, to] = [to, from === values ? new Float32Array(values.length) : from];
    for (let column = 0; column < columns; column++) averaged(from, to, column, columns, rows, reach);
    [from, to] = [to, from];
  }
  return { values: from, columns, lines: rows };
}

function averaged(from, to, start, step, n, reach) {
  let sum = 0;
  for (let k = 0; k < Math.min(reach, n); k++) sum += from[start + k * step];
  for (let k = 0; k < n; k++) {
    if (k + reach < n) sum += from[start + (k + reach) * step];
    if (k > reach) sum -= from[start + (k - reach - 1) * step];
    to[start + k * step] = Math.max(0, sum / (Math.min(k + reach, n - 1) - Math.max(k - reach, 0) + 1));
  }
}

/** The levels of a field, ascending: equal ratios from where points overlap up to near the densest place; [] where
 *  hardly any do. room: squares' areas that the disc of a point covers, upside down.
 *  @param {Field} field @param {number} room */
export function levelsOf({ values }, room) {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  const first = OVERLAP * room;
  if (most < LEAST_RANGE * first) return [];
  const step = (most / first) ** (1 / LEVELS);
  return Array.from({ length: LEVELS }, (_, at) => first * step ** at);
}

/** The pieces of the line where a field has a level, [x0, y0, x1, y1, …] in squares: marching squares over the middles
 *  of the squares. @param {Field} field @param {number} level */
export function lines({ values, columns, lines: rows }, level) {
  const found = /** @type {number[]} */ ([]);
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column,
        a = values[at],
        b = values[at + 1],
        c = values[at + columns + 1],
        d = values[at + columns];
      const which = Number(a > level) | (Number(b > level) << 1) | (Number(c > level) << 2) | (Number(d > level) << 3);
      if (which === 0 || which === 15) continue;
      // Where the line crosses the four sides of the square between four middles.
      const x = column + 0.5,
        y = row + 0.5,
        part = (p, q) => (level - p) / (q - p);
      const top = () => found.push(x + part(a, b), y),
        right = () => found.push(x + 1, y + part(b, c)),
        bottom = () => found.push(x + part(d, c), y + 1),
        left = () => found.push(x, y + part(a, d));
      for (const side of SIDES[which]) [top, right, bottom, left][side]();
    }
  }
  return found;
}

/** Of each case the sides that the line crosses, two and two: 0 top, 1 right, 2 bottom, 3 left. */
const SIDES = [
  [],
  [3, 0],
  [0, 1],
  [3, 1],
  [1, 2],
  [3, 0, 1, 2],
  [0, 2],
  [3, 2],
  [2, 3],
  [2, 0],
  [0, 1, 2, 3],
  [2, 1],
  [1, 3],
  [1, 0],
  [0, 3],
  [],
];

/** A line with a rim of the page's colour, so that it shows over points of any colour; inner ones are stronger. */
function stroke(context, found, cell, share, ratio, look) {
  context.beginPath();
  for (let at = 0; at < found.length; at += 4) {
    context.moveTo(found[at] * cell, found[at + 1] * cell);
    context.lineTo(found[at + 2] * cell, found[at + 3] * cell);
  }
  context.lineCap = "round";
  for (const [colour, width, alpha] of [
    [look.background, 2.6, 0.55],
    [look.text, 1, 0.45 + 0.4 * share],
  ]) {
    context.strokeStyle = `rgba(${rgb(colour)},${alpha})`;
    context.lineWidth = width * ratio;
    context.stroke();
  }
}
