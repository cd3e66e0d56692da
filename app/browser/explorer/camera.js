// @ts-check
// Which part of the data a map shows: {x0, x1, y0, y1} in data units, over width × height device pixels.

/** @typedef {{x0: number, x1: number, y0: number, y1: number}} Part
 * @typedef {Part & {width: number, height: number, ratio: number}} Frame ratio: device pixels per CSS pixel
 */

const PAD = 0.035; // of the spread, on each side

/** The part that shows everything, with room at the edges.
 *  @param {[number, number]} spreadX @param {[number, number]} spreadY smallest and largest value
 *  @param {number} width @param {number} height of the plot in CSS pixels
 *  @param {{isBare?: boolean, regions: any[]}} axes @returns {Part} */
export function fitted(spreadX, spreadY, width, height, { isBare, regions }) {
  const spread = ([low, high], before, after) => {
    const size = high - low || 1;
    return [low - size * before, high + size * after];
  };
  // Room at the edges for the names of the regions.
  const hasRegions = regions.length > 0,
    pad = hasRegions ? Math.max(0.09, 32 / Math.max(height, 1)) : PAD;
  const [x0, x1] = spread(spreadX, PAD, hasRegions ? 0.14 : PAD),
    [y0, y1] = spread(spreadY, pad, pad);
  return isBare ? evened({ x0, x1, y0, y1 }, width, height) : { x0, x1, y0, y1 };
}

/** The part that shows all of another one with a unit as long across as up: distances in an embedding map mean the same
 *  in both. @param {Part} part @param {number} width @param {number} height @returns {Part} */
export function evened({ x0, x1, y0, y1 }, width, height) {
  const unit = Math.max((x1 - x0) / width, (y1 - y0) / height);
  const growX = unit * width - (x1 - x0),
    growY = unit * height - (y1 - y0);
  return { x0: x0 - growX / 2, x1: x1 + growX / 2, y0: y0 - growY / 2, y1: y1 + growY / 2 };
}

/** The part after the plot has got another size: on a map of distances as long a unit as before, around the same point.
 *  @param {Frame} frame @param {number} width @param {number} height of the plot in CSS pixels
 *  @param {{isBare?: boolean}} axes @returns {Part} */
export function resized({ x0, x1, y0, y1, width: before, ratio }, width, height, { isBare }) {
  if (!isBare) return { x0, x1, y0, y1 };
  const half = (x1 - x0) / (before / ratio) / 2,
    [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return { x0: x - half * width, x1: x + half * width, y0: y - half * height, y1: y + half * height };
}

/** A part as an address has it. @param {Part} part */
export function written({ x0, x1, y0, y1 }) {
  return [x0, x1, y0, y1].map((value) => Number(value.toPrecision(6))).join(",");
}

/** The part that such a text names; null for one that names none. @param {string | null | undefined} text
 *  @returns {Part | null} */
export function read(text) {
  const [x0, x1, y0, y1, ...rest] = (text ?? "").split(",").map((one) => (one.trim() ? Number(one) : NaN));
  const isPart = !rest.length && [x0, x1, y0, y1].every(Number.isFinite) && x1 > x0 && y1 > y0;
  return isPart ? { x0, x1, y0, y1 } : null;
}

/** CSS pixels of a point of the data. @param {Frame} frame */
export function toPixel({ x0, x1, y0, y1, width, height, ratio }, x, y) {
  return [((x - x0) / (x1 - x0)) * (width / ratio), ((y1 - y) / (y1 - y0)) * (height / ratio)];
}

/** The point of the data at these CSS pixels. @param {Frame} frame */
export function toData({ x0, x1, y0, y1, width, height, ratio }, x, y) {
  return [x0 + (x / (width / ratio)) * (x1 - x0), y1 - (y / (height / ratio)) * (y1 - y0)];
}

/** The part after the data was dragged by so many CSS pixels. @param {Frame} frame @returns {Part} */
export function panned(frame, dx, dy) {
  const [ax, ay] = toData(frame, 0, 0),
    [bx, by] = toData(frame, dx, dy);
  return { x0: frame.x0 + ax - bx, x1: frame.x1 + ax - bx, y0: frame.y0 + ay - by, y1: frame.y1 + ay - by };
}

/** The part after a zoom about a point in CSS pixels; factor < 1 comes closer. null where that is too far or close.
 *  @param {Frame} frame @param {Part} home what shows everything @param {[number, number]} at @returns {Part | null} */
export function zoomed(frame, home, at, factor) {
  const [cx, cy] = toData(frame, at[0], at[1]),
    about = (centre, value) => centre + (value - centre) * factor;
  const next = { x0: about(cx, frame.x0), x1: about(cx, frame.x1), y0: about(cy, frame.y0), y1: about(cy, frame.y1) };
  const share = (next.x1 - next.x0) / (home.x1 - home.x0);
  return share < 4 && share > 1e-4 ? next : null;
}
