// @ts-check
// The axes around the map, drawn by Plotly: their titles, ticks and the names of regions.

import { layout, plotly } from "./axes.js";
import { titled } from "../shared/numbers.js";

/** The titles of both axes; "" for axes without a scale. @param {import("./bus.js").Bus} bus */
export function axisTitles(bus, axes) {
  if (axes.isBare) return ["", ""];
  return [axes.x, axes.y].map((name) => titled(bus.described[name].title, bus.described[name].unit));
}

/** The layout of Plotly for the part of the data that is shown. @param {import("./bus.js").Bus} bus */
export function figureLayout(bus, axes, frame, look, margin) {
  const [x, y] = axisTitles(bus, axes);
  return layout(look, margin, {
    x: { range: [frame.x0, frame.x1], title: x, isBare: axes.isBare },
    y: { range: [frame.y0, frame.y1], title: y, isBare: axes.isBare },
    annotations: axes.regions,
  });
}

/** Draw the axes into `figure`, once Plotly is there; layoutNow() is their layout by then, or null for none. */
export async function drawFigure(figure, host, layoutNow) {
  const Plotly = await plotly(),
    shown = host.isConnected ? layoutNow() : null;
  if (!shown) return;
  const anchor = [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip" }];
  await Plotly.react(
    figure,
    anchor,
    { ...shown, width: host.clientWidth, height: host.clientHeight },
    { staticPlot: true, responsive: false, displayModeBar: false },
  );
  host.dataset.axes = "drawn";
}
