// @ts-check
// Plotly draws the axes, the matrix and every exported figure; it is loaded once.

import { rgb } from "../shared/colours.js";
import { plotlyAddress } from "../shared/plotly_script.js";

/** @typedef {{react: Function, toImage: Function, purge: Function}} Plotly */
const host = /** @type {{Plotly?: Plotly}} */ (globalThis);
let loading = null;

/** Plotly, fetched at the first call. @returns {Promise<Plotly>} */
export function plotly() {
  loading ??= host.Plotly ? Promise.resolve(host.Plotly) : plotlyAddress().then(loaded);
  return loading;
}

/** @returns {Promise<Plotly>} */
function loaded(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(host.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("Plotly could not be loaded"));
    };
    document.head.append(script);
  });
}

/** Let go of what Plotly has drawn in an element. */
export function purge(element) {
  host.Plotly?.purge(element);
}

/** Text that Plotly shows letter by letter; it would read a few HTML tags in it. */
export function literal(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A Plotly layout in the page's type and colours, for a plot area with these margins. */
export function layout(look, margin, { x, y, annotations = [] }) {
  const axis = (one) => ({
    range: one.range,
    title: { text: literal(one.title), font: { size: 12, color: look.muted }, standoff: 6 },
    tickfont: { size: 11, color: look.muted },
    showticklabels: !one.isBare,
    ticks: one.isBare ? "" : "outside",
    ticklen: 4,
    tickcolor: look.faint,
    gridcolor: look.faint,
    showgrid: !one.isBare,
    zeroline: false,
    showline: true,
    linecolor: look.faint,
    mirror: true,
    fixedrange: true,
    nticks: 7,
  });
  return {
    margin,
    xaxis: axis(x),
    yaxis: axis(y),
    showlegend: false,
    hovermode: false,
    dragmode: false,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: look.font, color: look.text, size: 12 },
    annotations: annotations.map(([text, px, py, xanchor, yanchor]) => ({
      text,
      x: px,
      y: py,
      xanchor,
      yanchor,
      xref: "paper",
      yref: "paper",
      showarrow: false,
      font: { size: 11, color: look.muted },
      borderpad: 2,
      // Points may lie under the words.
      bgcolor: `rgba(${rgb(look.background)},.72)`,
    })),
  };
}

/** A figure as data URL or SVG text: `format` is 'png' or 'svg'. */
export async function exported(traces, figure, format, width, height) {
  const Plotly = await plotly();
  const options = { format, width, height, scale: format === "png" ? 2 : 1 };
  const url = await Plotly.toImage({ data: traces, layout: figure, config: { staticPlot: true } }, options);
  return format === "svg" ? decodeURIComponent(url.slice(url.indexOf(",") + 1)) : url;
}
