// @ts-check
// What lies on a map's axes, and in which colour.

import { literal } from "./axes.js";
import { levels, rgb } from "../shared/colours.js";
import { colouredNames } from "./name_colours.js";
import { epochOf } from "./replay.js";

const LEVELS = 10;

const REGIONS = [
  ["hard: never learned", 0.008, 0.985, "left", "top"],
  ["ambiguous: wavering", 0.992, 0.5, "right", "middle"],
  ["easy: sure and right", 0.008, 0.015, "left", "bottom"],
];

/** The axes of a map's kind: {x, y, isBare, regions}; x and y are columns, shown as they are: higher = harder. */
export function axesOf(view) {
  if (view.mode === "data") return { x: "variability", y: "confidence_mean", regions: REGIONS };
  if (view.mode === "embedding") return { x: "x", y: "y", isBare: true, regions: [] };
  return { x: view.x, y: view.y, regions: [] };
}

/** Whether a map is drawn by the density of its points; a replay of the training shows every point.
 *  @param {import("./view.js").View} view @param {import("./bus.js").Bus} bus */
export function isDense(view, bus) {
  return bus.canCount && (view.dense ?? bus.isCrowd) && epochOf(view, bus.epochs) == null;
}

/** The columns that a map is drawn of where it is not drawn by density. @param {import("./view.js").View} view */
export function drawnColumns(view) {
  const axes = axesOf(view);
  return view.mode === "matrix" ? [] : [axes.x, axes.y, view.colour];
}

/** What a map shows as a table: [header, rows] of the ids and the columns on its axes and in its colour. */
export function mapTable(bus, view, rows, ids) {
  const axes = axesOf(view),
    names = [...new Set([axes.x, axes.y, view.colour])];
  const value = (column, i) => (column.kind === "number" ? column.values[i] : (column.names[column.values[i]] ?? ""));
  return [
    ["id", ...names, "selected"],
    rows.map((i, k) => [
      ids[k],
      ...names.map((name) => value(bus.column(name), i)),
      bus.selected?.[i] ? "true" : "false",
    ]),
  ];
}

/** How points are coloured: {level, palette, kind, names | low, high, title}; `name` is a column. Without its values,
 *  as where the server colours, there is no level. */
export function colouring(bus, name, look) {
  const column = bus.column(name) ?? (bus.described?.[name] && { ...bus.described[name], values: null });
  if (!column) return null;
  if (column.kind === "number") {
    const [low, high] = clipped(column);
    const isCut = low > column.min || high < column.max;
    return {
      kind: "number",
      name,
      low,
      high,
      isCut,
      level: column.values && levels(column.values, low, high, LEVELS),
      palette: look.steps.map(rgb),
      colours: look.steps,
      title: column.title,
      unit: column.unit,
    };
  }
  // Names with a colour of their own (reasons, right and wrong) have it on every page.
  const fixed = bus.fixedColours[name] ?? {},
    codes = colouredNames(bus, column),
    names = codes.map((code) => column.names[code]);
  const colours = names.map((one, slot) => fixed[one] ?? look.names[slot]);
  const hasOther = column.names.length > names.length || column.missing > 0;
  const palette = [...colours, look.other];
  const slotOf = new Uint8Array(column.names.length).fill(colours.length);
  codes.forEach((code, slot) => {
    slotOf[code] = slot;
  });
  const level = Uint8Array.from(column.values ?? [], (code) => slotOf[code] ?? colours.length);
  return {
    kind: "names",
    name,
    level,
    palette: palette.map(rgb),
    colours: palette,
    title: column.title,
    names,
    codes,
    isBool: column.kind === "bool",
    hasOther,
  };
}

/** Traces without points that give an exported figure its legend or colour bar. */
export function legendTraces(colour) {
  const base = { x: [null], y: [null], type: "scatter", mode: "markers" };
  if (colour.kind === "names") {
    const named = [...colour.names, ...(colour.hasOther ? ["other"] : [])];
    return named.map((name, at) => ({
      ...base,
      name: literal(name),
      marker: { color: colour.colours[at], size: 9 },
    }));
  }
  const scale = colour.colours.flatMap((one, at, list) => [
    [at / list.length, one],
    [(at + 1) / list.length, one],
  ]);
  return [
    {
      ...base,
      marker: {
        color: [colour.low],
        cmin: colour.low,
        cmax: colour.high,
        colorscale: scale,
        showscale: true,
        colorbar: {
          title: {
            text: colour.unit ? `${literal(colour.title)}<br>(${literal(colour.unit)})` : literal(colour.title),
            font: { size: 11 },
          },
          thickness: 12,
          outlinewidth: 0,
          tickfont: { size: 10 },
        },
      },
    },
  ];
}

function clipped(column) {
  if (column.unit === "percentile") return [0, 100];
  column.clip ??= column.values ? quantiles(column.values) : [column.min ?? 0, column.max ?? 1];
  return column.clip;
}

function quantiles(values) {
  const known = values.filter((value) => value === value).sort();
  if (!known.length) return [0, 1];
  const at = (share) => known[Math.round(share * (known.length - 1))];
  const [low, high] = [at(0.01), at(0.99)];
  return high > low ? [low, high] : [known[0], known[known.length - 1]];
}
