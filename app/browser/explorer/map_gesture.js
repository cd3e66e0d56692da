// @ts-check
// What is drawn over the points: the lasso under the pointer, the ones that select, and rings around points.

import { toData, toPixel } from "./camera.js";
import { outline, ring } from "./map_layers.js";
import { clauses, simplify } from "../shared/rules.js";

/** Draw them on a canvas. drawing: the path under the pointer in CSS pixels, or null; at(row): where a point lies in
 *  device pixels, or null.
 *  @param {import("./bus.js").Bus} bus */
export function drawGesture(canvas, bus, { frame, at, axes, drawing, look }) {
  const context = canvas.getContext("2d"),
    { ratio } = frame;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (const path of drawing ? [drawing] : selectingPaths(bus.selection, frame, axes)) outline(context, path, look);
  for (const row of bus.picks) ringed(row, 6, 2);
  if (bus.opened >= 0) ringed(bus.opened, 10, 3);
  if (bus.hovered >= 0) ringed(bus.hovered, 8, 2.5);

  function ringed(row, size, thickness) {
    const place = at(row);
    if (place) ring(context, place[0] / ratio, place[1] / ratio, size, thickness, look);
  }
}

/** The lassos of a selection that were drawn on these axes, in CSS pixels. */
export function selectingPaths(selection, frame, axes) {
  return clauses(selection)
    .filter((one) => one.polygon?.x === axes.x && one.polygon.y === axes.y)
    .map((one) => one.polygon.points.map(([x, y]) => toPixel(frame, x, y)));
}

/** The clause that selects what lies in a path of CSS pixels; null for a path without an area. */
export function polygonClause(path, frame, axes) {
  const points = simplify(path, 0.75).map(([x, y]) => toData(frame, x, y).map((value) => Number(value.toPrecision(7))));
  return points.length < 3 ? null : { polygon: { x: axes.x, y: axes.y, points } };
}
