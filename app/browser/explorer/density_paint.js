// @ts-check
// Density as pixels: what each cell of an answer looks like, and cells laid over a canvas whose part may have moved on.

import { mixed, rgb } from "../shared/colours.js";
import { inside } from "../shared/rules.js";

const FAINTEST = 0.4; // how much of its colour a cell with a single row has
const FADED = 0.82; // how far what is not selected goes towards the background
const WHOLE_SHARE = 250; // the step of a share that stands for 1

/** The colours of the steps or names of an answer, [r, g, b] each: what `cell` and `level` point into, the missing
 *  last. colour: as `colouring` gives it; look: the theme. */
export function paletteOf(kind, colour, look) {
  if (kind !== "share") return [...colour.palette.slice(0, colour.kind === "number" ? undefined : -1), rgb(look.other)];
  const of = (name) => colour.colours[colour.names.indexOf(name)] ?? look.other,
    steps = Array.from({ length: WHOLE_SHARE + 1 }, (_, at) => mixed(of("true"), of("false"), at / WHOLE_SHARE));
  return [...steps, rgb(look.other)];
}

/** The colour of each cell as a word of a canvas's pixels; 0 where nothing is.
 *
 *  answer: as `answerOf` gives it; chosen (cells) 0/1: a lasso that the answer does not know yet, or null; isHidden:
 *  what is filtered out is not shown. More rows, more colour: on a logarithmic scale, between FAINTEST and all of it.
 *  */
export function cellWords(answer, palette, look, { chosen, isHidden }) {
  const { count, cell, out, selected_count: selected, selected_cell: selectedCell } = answer,
    n = (count ?? out)?.length ?? 0,
    words = new Uint32Array(n),
    ground = rgb(look.background),
    grey = word(rgb(look.out)),
    isNarrowed = Boolean(chosen || selected);
  if (out && !isHidden) for (let c = 0; c < n; c++) if (out[c]) words[c] = grey;
  if (!count) return words;
  const shades = shadesOf(palette, ground, 0),
    faded = isNarrowed ? shadesOf(palette, ground, FADED) : shades,
    step = stepOf(count),
    last = palette.length - 1;
  for (let c = 0; c < n; c++) {
    if (!count[c]) continue;
    const isChosen = chosen ? chosen[c] : (selected?.[c] ?? 1),
      level = Math.min(isChosen && selectedCell && !chosen ? selectedCell[c] : cell[c], last);
    words[c] = (isChosen ? shades : faded)[
      level * SHADES + step(isChosen && selected && !chosen ? selected[c] : count[c])
    ];
  }
  return words;
}

const SHADES = 16;

/** For each colour SHADES words, from faint to full. */
function shadesOf(palette, ground, fade) {
  const words = new Uint32Array(palette.length * SHADES);
  palette.forEach((colour, at) => {
    for (let k = 0; k < SHADES; k++) {
      const share = (FAINTEST + ((1 - FAINTEST) * k) / (SHADES - 1)) * (1 - fade);
      words[at * SHADES + k] = word(ground.map((value, one) => Math.round(value + (colour[one] - value) * share)));
    }
  });
  return words;
}

/** Which shade a count has: a logarithm of it, from 1 to the largest one. */
function stepOf(count) {
  let most = 2;
  for (let c = 0; c < count.length; c++) if (count[c] > most) most = count[c];
  const table = new Uint8Array(most + 1),
    scale = (SHADES - 1) / Math.log(most);
  for (let value = 1; value <= most; value++) table[value] = Math.round(Math.log(value) * scale);
  return (value) => table[Math.min(value, most)];
}

/** Lay cells over pixels. image: an ImageData that holds the background; part: {x0, x1, y0, y1, columns, lines} of the
 *  cells; frame: the part of the data that the image shows. */
export function layCells(image, words, part, frame) {
  const { width, height } = image,
    pixels = new Uint32Array(image.data.buffer),
    across = placesOf(width, (at) => frame.x0 + (at / width) * (frame.x1 - frame.x0), part.x0, part.x1, part.columns);
  for (let y = 0; y < height; y++) {
    const value = frame.y1 - ((y + 0.5) / height) * (frame.y1 - frame.y0),
      line = Math.floor(((part.y1 - value) / (part.y1 - part.y0)) * part.lines);
    if (line < 0 || line >= part.lines) continue;
    const from = line * part.columns;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (across[x] < 0) continue;
      const found = words[from + across[x]];
      if (found) pixels[at] = found;
    }
  }
}

function placesOf(length, valueAt, low, high, count) {
  const out = new Int32Array(length);
  for (let at = 0; at < length; at++) {
    const cell = Math.floor(((valueAt(at + 0.5) - low) / (high - low)) * count);
    out[at] = cell >= 0 && cell < count ? cell : -1;
  }
  return out;
}

/** Which cells of a part have their middle inside a polygon of the data, (cells) 0/1. */
export function cellsInside(part, points) {
  const { x0, x1, y0, y1, columns, lines } = part,
    x = new Float32Array(columns * lines),
    y = new Float32Array(columns * lines);
  for (let line = 0, at = 0; line < lines; line++) {
    for (let column = 0; column < columns; column++, at++) {
      x[at] = x0 + ((column + 0.5) / columns) * (x1 - x0);
      y[at] = y1 - ((line + 0.5) / lines) * (y1 - y0);
    }
  }
  return inside(x, y, points);
}

function word([r, g, b]) {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
