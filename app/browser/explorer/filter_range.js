// @ts-check
// The filter of a number: its histogram with two handles, and the same two bounds as fields.

import { h, s } from "../shared/dom.js";
import { bins, extent } from "../shared/numbers.js";
import { withClause } from "../shared/rules.js";
import { barsOf, countedBars } from "./filter_bars.js";
import { chosenHeights, chosenMask } from "./filter_chosen.js";

/** The filter of a numeric column: {element, refresh(clause)}.
 *
 *  panel: {bus, section(title, name, tip, ...body) -> {element, reset}, put(name, clause)}. */
export function rangeFilter({ bus, section, put }, name) {
  const column = bus.column(name) ?? bus.described[name],
    around = column.values ? extent(column.values) : [column.min ?? 0, column.max ?? 1],
    [low, high] = column.unit === "percentile" ? [0, 100] : around;
  const step = high > low ? Number(((high - low) / 200).toPrecision(1)) : 1,
    grid = bins(low, high, 40),
    shape = s("path", { class: "is-chosen" }), // of the selection
    picture = h("span", { class: "hem-spark-place" }),
    meaning = h("p", { class: "hem-muted hem-bars-words", hidden: true });
  drawBars();
  const inputs = ["min", "max"].map((end) =>
    h("input", {
      type: "range",
      class: "hem-range",
      min: String(low),
      max: String(high),
      step: "any",
      "aria-label": `${column.title} ${end}`,
      oninput: () => slide(false),
      onchange: () => slide(true),
    }),
  );
  const numbers = ["min", "max"].map((end) =>
    h("input", {
      type: "number",
      class: "hem-input hem-number",
      step: "any",
      "aria-label": `${column.title} ${end}`,
      onchange: typed,
    }),
  );
  const band = h("div", { class: "hem-band" });
  const { element, reset } = section(
    column.title,
    name,
    [
      column.meaning,
      column.unit && `unit: ${column.unit}`,
      column.range && `range: ${column.range}`,
      "higher = harder",
      column.use,
    ]
      .filter(Boolean)
      .join("\n"),
    h("div", { class: "hem-double" }, picture, band, inputs),
    h("div", { class: "hem-bounds" }, numbers[0], h("span", { class: "hem-muted" }, column.unit || "to"), numbers[1]),
    meaning,
  );
  let waiting = 0;
  async function drawBars() {
    const found = column.values
      ? barsOf(column, grid, bus.column)
      : await countedBars(bus, name, grid).catch(() => null);
    if (!found) return;
    picture.replaceChildren(sparkline(found.heights, shape));
    meaning.textContent = found.words;
    meaning.hidden = !found.words;
  }
  const clauseFor = (a, b) => {
    const min = a <= low ? null : Number(a.toPrecision(5)),
      max = b >= high ? null : Number(b.toPrecision(5));
    return min === null && max === null ? null : { column: name, min, max };
  };
  function slide(isDone) {
    let [a, b] = inputs.map((input) => Number(input.value));
    if (a > b) [a, b] = [b, a];
    [a, b] = [snapped(a), snapped(b)];
    paint(a, b);
    cancelAnimationFrame(waiting);
    if (isDone) return put(name, clauseFor(a, b));
    waiting = requestAnimationFrame(() => bus.set({ filter: withClause(bus.filter, name, clauseFor(a, b)) }, "drag"));
  }
  function snapped(value) {
    return value <= low ? low : value >= high ? high : Math.round(value / step) * step;
  }
  function typed() {
    const [a, b] = numbers.map((input, at) => (input.value === "" ? [low, high][at] : Number(input.value)));
    put(name, clauseFor(Math.min(a, b), Math.max(a, b)));
  }
  function paint(a, b) {
    const share = (value) => (high > low ? (value - low) / (high - low) : 0) * 100;
    Object.assign(band.style, { left: `${share(a)}%`, right: `${100 - share(b)}%` });
    [a, b].forEach((value, at) => {
      if (document.activeElement !== numbers[at]) numbers[at].value = String(Number(value.toPrecision(4)));
    });
  }
  return {
    element,
    refresh(clause) {
      const a = clause?.min ?? low,
        b = clause?.max ?? high;
      if (!inputs.includes(document.activeElement) || !clause) [inputs[0].value, inputs[1].value] = [a, b];
      paint(a, b);
      if (column.values) shape.setAttribute("d", outline(chosenHeights(column.values, grid, chosenMask(bus))));
      reset.hidden = !clause;
    },
  };
}

/** The bars of a range, and over them the shape of the selection, scaled to its own highest bar. */
function sparkline(heights, shape) {
  return s(
    "svg",
    { viewBox: "0 0 100 30", preserveAspectRatio: "none", class: "hem-spark", "aria-hidden": "true" },
    s("path", { d: outline(heights) }),
    shape,
  );
}

function outline(heights) {
  const width = 100 / heights.length;
  let path = "";
  heights.forEach((height, at) => {
    if (height) path += `M${at * width} 30V${30 - height * 28}H${(at + 1) * width - width * 0.15}V30Z`;
  });
  return path;
}
