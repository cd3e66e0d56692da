// @ts-check
// What a map shows, one layer over the other: the points in their states, the lasso, rings around points.

import { mixed, rgb } from "../shared/colours.js";
import { paint } from "./raster.js";
import { clauses } from "../shared/rules.js";

/** What is painted, from the back: filtered out (grey), kept but not selected (faded), selected (full colour, larger).
 *
 *  rows is the order within a layer; colour as `colouring` gives it; size is a point's radius; isHidden leaves out what
 *  is filtered out. Each layer is what `paint` of raster.js takes. */
export function passes(bus, rows, colour, look, size, isHidden) {
  const n = bus.n,
    alpha = n > 300000 ? 1 : 0.86;
  const isFiltered = clauses(bus.filter).length > 0,
    list = [];
  if (isFiltered && !isHidden) {
    list.push({
      rows,
      mask: bus.inFilter,
      wanted: 0,
      palette: [rgb(look.out)],
      level: new Uint8Array(n),
      radius: size * 0.9,
      alpha: 1,
    });
  }
  if (!bus.selected)
    return [
      ...list,
      { rows, mask: bus.inFilter, wanted: 1, palette: colour.palette, level: colour.level, radius: size, alpha },
    ];
  const faded = colour.palette.map((one) => mixed(`rgb(${one})`, look.background, 0.82));
  list.push({
    rows,
    mask: bus.inFilter,
    wanted: 1,
    palette: faded,
    level: colour.level,
    radius: size * 0.9,
    alpha: 1,
  });
  list.push({
    rows,
    mask: bus.selected,
    wanted: 1,
    palette: colour.palette,
    level: colour.level,
    radius: size * 1.15,
    alpha: 1,
  });
  return list;
}

/** Paint layers, from the back, over a canvas that is cleared to its background. placed: as `project` gives it. */
export function paintLayers(canvas, placed, layers, background) {
  const context = canvas.getContext("2d", { willReadFrequently: false });
  const image = context.createImageData(canvas.width, canvas.height);
  new Uint32Array(image.data.buffer).fill(pixel(background));
  for (const layer of layers) paint(image, placed, layer);
  context.putImageData(image, 0, 0);
}

function pixel(colour) {
  const [r, g, b] = rgb(colour);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** A lasso in CSS pixels, closed. */
export function outline(context, path, look) {
  context.beginPath();
  path.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.globalAlpha = 0.08;
  context.fillStyle = look.accent;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeStyle = look.accent;
  context.stroke();
  context.setLineDash([]);
}

/** A ring around a point, readable over points of any colour. */
export function ring(context, x, y, size, thickness, look) {
  for (const [colour, width] of [
    [look.background, thickness + 2.5],
    [look.accent, thickness],
  ]) {
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
}
