// @ts-check
// A matrix as pixels on a canvas, or as the elements of an SVG: both draw the same rectangles and texts.

import { mixed } from "../shared/colours.js";
import { whole } from "../shared/numbers.js";
import { s } from "../shared/dom.js";

const FROM_TEXT_PX = [24, 14];
const HARDLY_PX = 0.5; // sums of fractions end a little beside the edge of the plot

/** The cells that are seen: [{x, y, w, h, colour, text, isRight}], weak ones first so that strong ones lie on top.
 *  place is the position of each class in the order; isRates shows shares of the given class. */
export function cellsOf(found, place, plot, window, look, isRates) {
  const value = ([a, _b, count]) => (isRates ? count / Math.max(1, found.support[a]) : Math.log10(count + 1));
  const wrong = found.cells.filter(([a, b]) => a !== b),
    right = found.cells.filter(([a, b]) => a === b);
  const most = (cells) => cells.reduce((top, one) => Math.max(top, value(one)), 1e-9);
  const [mostWrong, mostRight] = [most(wrong), most(right)];
  const hasText = plot.cell[0] >= FROM_TEXT_PX[0] && plot.cell[1] >= FROM_TEXT_PX[1];
  const make = (colour) => (cell) => {
    const [a, b, count] = cell,
      x = plot.left + (place[b] - window.x) * plot.cell[0],
      y = plot.top + (place[a] - window.y) * plot.cell[1];
    const text = isRates ? percent(count / Math.max(1, found.support[a])) : whole(count);
    const hasRoom = hasText && text.length * 6.5 < plot.cell[0];
    return { x, y, ...colour(value(cell)), text: hasRoom ? text : "", value: value(cell) };
  };
  const isSeen = ({ x, y }) =>
    x > plot.left - plot.cell[0] &&
    x < plot.left + plot.width &&
    y > plot.top - plot.cell[1] &&
    y < plot.top + plot.height;
  const all = [
    ...right.map(make((one) => rightColour(look, one / mostRight))),
    ...wrong.map(make((one) => wrongColour(look, one / mostWrong))).sort((p, q) => p.value - q.value),
  ];
  return all.filter(isSeen).map((one) => clipped({ ...one, w: plot.spot[0], h: plot.spot[1] }, plot));
}

/** Paint cells into a 2D context that is scaled to CSS pixels. */
export function paintCells(context, cells, plot, look, lines) {
  context.fillStyle = emptyColour(look);
  context.fillRect(plot.left, plot.top, plot.width, plot.height);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `11px ${look.font}`;
  for (const { x, y, w, h, colour, ink, text } of cells) {
    context.fillStyle = colour;
    context.fillRect(x, y, Math.max(1, w - plot.gap), Math.max(1, h - plot.gap));
    if (!text) continue;
    context.fillStyle = ink;
    context.fillText(text, x + w / 2, y + h / 2);
  }
  if (!plot.gap) return;
  context.fillStyle = look.background;
  for (const x of lines.columns) context.fillRect(x - 1, plot.top, 1, plot.height);
  for (const y of lines.rows) context.fillRect(plot.left, y - 1, plot.width, 1);
}

/** The names beside the plot as SVG groups of class xtick and ytick, and the titles of both axes. */
export function namesOf(names, plot, window, look, measure) {
  const middle = (k, from, start, cell) => start + (k + 0.5 - from) * cell;
  const tick = (name, axis, most, x, y, more) => {
    const text = s("text", { x, y, "font-size": 11, fill: look.text, ...more }),
      title = s("title");
    title.textContent = name;
    text.textContent = fitted(name, most, measure);
    text.append(title);
    return s("g", { class: `${axis}tick` }, text);
  };
  const foot = plot.top + plot.height;
  const columns = plot.columns.map((k) => {
    const x = middle(k, window.x, plot.left, plot.cell[0]);
    const lean = { "text-anchor": "end", transform: `rotate(-45 ${x} ${foot + 10})` };
    const stand = { "text-anchor": "middle" };
    return tick(names[k], "x", plot.deep, x, foot + (plot.leans ? 10 : 16), plot.leans ? lean : stand);
  });
  const rows = plot.rows.map((k) => {
    const y = middle(k, window.y, plot.top, plot.cell[1]);
    return tick(names[k], "y", plot.wide, plot.left - 6, y + 4, { "text-anchor": "end" });
  });
  const titleOf = (text, x, y, more = {}) => {
    const element = s("text", { x, y, "font-size": 12, fill: look.muted, "text-anchor": "middle", ...more });
    element.textContent = text;
    return element;
  };
  const [x, y] = [plot.left + plot.width / 2, plot.top + plot.height / 2];
  return [
    ...rows,
    ...columns,
    titleOf("predicted", x, foot + plot.bottom - 5),
    titleOf("given", 12, y, { transform: `rotate(-90 12 ${y})` }),
  ];
}

/** The whole figure as one SVG element with a heading, for a file. */
export function asSvg(cells, names, plot, look, heading, width, height) {
  const head = 34,
    svg = s("svg", { width, height: height + head, xmlns: "http://www.w3.org/2000/svg", "font-family": look.font });
  const body = s("g", { transform: `translate(0 ${head})` });
  const title = s("text", { x: 12, y: 22, "font-size": 14, fill: look.text });
  title.textContent = heading;
  const box = { x: plot.left, y: plot.top, width: plot.width, height: plot.height, fill: emptyColour(look) };
  body.append(s("rect", box));
  for (const { x, y, w, h, colour, ink, text } of cells) {
    const size = { width: Math.max(1, w - plot.gap), height: Math.max(1, h - plot.gap) };
    body.append(s("rect", { x: x.toFixed(2), y: y.toFixed(2), ...size, fill: colour }));
    if (!text) continue;
    const label = s("text", { x: x + w / 2, y: y + h / 2 + 4, "font-size": 11, fill: ink, "text-anchor": "middle" });
    label.textContent = text;
    body.append(label);
  }
  body.append(...names);
  svg.append(s("rect", { width, height: height + head, fill: look.background }), title, body);
  return svg;
}

export function percent(share) {
  const value = share * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

// Errors carry the colour; the diagonal is apart, in grey, so that it does not drown them.
function wrongColour(look, share) {
  const [low, half, top] = look.isDark ? ["#5a3a26", "#a8592a", "#ff9a5c"] : ["#fbd9bd", "#f3a66b", "#b93a08"];
  const colour = share < 0.5 ? mixed(low, half, 2 * share) : mixed(half, top, 2 * share - 1);
  return { colour: `rgb(${colour})`, ink: look.isDark ? "#fff" : share > 0.8 ? "#fff" : "#2b1608" };
}

function rightColour(look, share) {
  const [low, top] = look.isDark ? ["#2b3342", "#4d5d78"] : ["#e3e8ef", "#b4c0d1"];
  return { colour: `rgb(${mixed(low, top, share)})`, ink: look.isDark ? "#c3cad6" : "#475467" };
}

function emptyColour(look) {
  return look.isDark ? "#1b1f26" : "#f7f8fa";
}

function clipped(cell, plot) {
  const x = Math.max(plot.left, cell.x),
    y = Math.max(plot.top, cell.y);
  const right = Math.min(plot.left + plot.width, cell.x + cell.w),
    foot = Math.min(plot.top + plot.height, cell.y + cell.h);
  const w = Math.max(0, right - x),
    h = Math.max(0, foot - y);
  const isWhole = cell.w - w < HARDLY_PX && cell.h - h < HARDLY_PX;
  return { ...cell, x, y, w, h, text: isWhole ? cell.text : "" };
}

/** A name that fits in `most` pixels, with an ellipsis at its end where it was cut. */
function fitted(name, most, measure) {
  if (measure(name) <= most) return name;
  let kept = Math.max(1, Math.floor((name.length * most) / measure(name)));
  while (kept > 1 && measure(`${name.slice(0, kept)}…`) > most) kept--;
  return `${name.slice(0, kept).trimEnd()}…`;
}
