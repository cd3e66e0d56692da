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
  if (!isBare) return { x0, x1, y0, y1 };
  // One unit is as long across as up: distances in an embedding map mean the same in both.
  const unit = Math.max((x1 - x0) / width, (y1 - y0) / height);
  const growX = unit * width - (x1 - x0),
    growY = unit * height - (y1 - y0);
  return { x0: x0 - growX / 2, x1: x1 + growX / 2, y0: y0 - growY / 2, y1: y1 + growY / 2 };
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
