// @ts-check
// The map as a file: a picture of what is seen, or a table of its points.

import { csv } from "../shared/cells.js";
import { h } from "../shared/dom.js";
import { exported, literal } from "./axes.js";
import { drawnColumns, legendTraces, mapTable } from "./colouring.js";

const TITLE_PX = 30;

/** A picture of the map with its axes, a legend and a title, as a Blob. layers: the canvases, from the back; colour: as
 *  `colouring` gives it; layout and margin: those of its axes; width and height in CSS pixels; format: 'png', 'svg'. */
export function mapPicture({ layers, colour, background, layout, margin, width, height, title, format }) {
  const { l, r, t, b } = margin,
    space = colour.kind === "number" ? 90 : 130;
  const picture = h("canvas", { width: layers[0].width, height: layers[0].height }),
    context = picture.getContext("2d");
  for (const layer of layers) context.drawImage(layer, 0, 0);
  const place = { xref: "paper", yref: "paper", x: 0, y: 1, sizex: 1, sizey: 1, sizing: "stretch", layer: "below" };
  const wide = {
    ...layout,
    margin: { l, t: t + TITLE_PX, b, r: r + space },
    images: [{ source: picture.toDataURL(), ...place }],
    paper_bgcolor: background,
    showlegend: colour.kind === "names",
    legend: { font: { size: 11 }, itemsizing: "constant" },
    title: { text: literal(title), font: { size: 14 }, x: 0.01, xanchor: "left" },
  };
  return exported(legendTraces(colour), wide, format, width + space, height + TITLE_PX);
}

/** The points that are not filtered out, as CSV. @param {import("./bus.js").Bus} bus */
export async function mapCsv(bus, view) {
  await bus.load([...new Set(drawnColumns(view))]);
  const kept = [];
  for (let row = 0; row < bus.n; row++) if (bus.inFilter[row]) kept.push(row);
  const [names, rows] = mapTable(bus, view, kept, await bus.idsOf(kept));
  return csv(names, rows);
}
