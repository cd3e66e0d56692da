// @ts-check
// A map of very many rows: the server counts them in cells for the window that is seen, and sends the hardest as
// points; a window with few enough rows is all points. The page asks again when the window, the filter or the
// selection changes.

import { rgb } from "../shared/colours.js";
import { h } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { clauses, inside } from "../shared/rules.js";
import { answerOf } from "./density_answer.js";
import { cellsInside, cellWords, layCells, paletteOf } from "./density_paint.js";
import { passes } from "./map_layers.js";
import { grid, nearest, OFF_CANVAS, paint, project, radius } from "./raster.js";

const CELL_PX = 2;
const POINT_PX = 2.2;
const MOST_POINTS = 500; // of a run that is no crowd: whoever asks for its density wants cells
const REST_MS = 30; // for which a moving window rests before it is asked for again

/** The density behind a map in `host`. changed() is called when there is something new to paint.
 *  Returns {paint, rowAt, at, preview, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeDensity(bus, host, changed) {
  let answer = null, // the newest one, and what it is about
    about = null,
    asking = null,
    timer = 0,
    isGone = false,
    lasso = null, // a polygon that the answer does not know yet
    placed = null,
    index = null,
    lookup = null;
  const note = h("div", { class: "hem-density-note", role: "status" });
  host.append(note);

  return {
    /** Paint what is known of a frame over a canvas, and ask for what is not. axes, colour, view: of the map. */
    paint(canvas, frame, { axes, colour, view, look }) {
      if (!note.isConnected) host.append(note);
      if (lasso && !clauses(bus.selection).some((one) => one.polygon?.points === lasso)) lasso = null;
      want(frame, axes, view, colour);
      const context = canvas.getContext("2d"),
        image = context.createImageData(canvas.width, canvas.height);
      new Uint32Array(image.data.buffer).fill(background(look));
      placed = index = null;
      const isSame = about && about.x === axes.x && about.y === axes.y && about.colour === view.colour;
      if (answer && isSame) paintAnswer(image, frame, { colour, look, isHidden: view.hide });
      context.putImageData(image, 0, 0);
      note.textContent = isSame && answer ? words() : "counting …";
      host.dataset.density = !isSame || !answer ? "" : answer.is_points ? "points" : "cells";
      return placed;
    },
    /** The row of the point nearest to device pixels x, y, or -1. */
    rowAt(x, y, reach, width, height) {
      if (!placed) return -1;
      index ??= grid(placed, new Uint8Array(answer.rows.length).fill(1), width, height, 24);
      const found = nearest(index, placed, x, y, reach);
      return found < 0 ? -1 : answer.rows[found];
    },
    /** Where a row lies in device pixels, null where that is not known or not on the canvas. */
    at(row, axes, frame) {
      const local = placeOf(row);
      if (local >= 0 && placed) return placed.px[local] === OFF_CANVAS ? null : [placed.px[local], placed.py[local]];
      const [x, y] = [bus.valueOf(axes.x, row), bus.valueOf(axes.y, row)];
      if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
      const { px, py, onScreen } = project([x], [y], frame);
      return onScreen ? [px[0], py[0]] : null;
    },
    /** Show a lasso at once, before the server has counted what lies in it. */
    preview(points) {
      lasso = points;
    },
    end() {
      isGone = true;
      clearTimeout(timer);
      note.remove();
      delete host.dataset.density;
    },
  };

  function paintAnswer(image, frame, { colour, look, isHidden }) {
    const isNarrowed = Boolean(lasso || bus.selected),
      palette = paletteOf(answer.kind, colour, look),
      chosen = lasso && answer.count ? cellsInside(about.part, lasso) : null;
    if (answer.count || answer.out)
      layCells(image, cellWords(answer, palette, look, { chosen, isHidden }), about.part, frame);
    placed = project(answer.x, answer.y, frame);
    const n = answer.rows.length,
      points = paletteOf(answer.kind === "share" ? "names" : answer.kind, colour, look),
      ones = new Uint8Array(n).fill(1),
      ratio = frame.ratio,
      own = { n, filter: { all: [] }, inFilter: ones, selected: isNarrowed ? chosenPoints() : null },
      shown = { palette: points, level: answer.level, colours: colour.colours },
      order = Uint32Array.from(ones, (_, at) => at);
    if (answer.is_points) {
      const size = radius(placed.onScreen, frame, ratio);
      const layers = passes(own, order, shown, look, size, false);
      return layers.forEach((layer) => paint(image, placed, layer));
    }
    // Over cells of the same colour a point shows by its rim.
    const layer = { rows: order, mask: own.selected ?? ones, wanted: 1, level: answer.level, alpha: 1 };
    const rim = points.map(() => rgb(look.background));
    paint(image, placed, { ...layer, palette: rim, radius: (POINT_PX + 0.9) * ratio });
    return paint(image, placed, { ...layer, palette: points, radius: POINT_PX * ratio });
  }

  /** Which points are selected, 0/1. */
  function chosenPoints() {
    if (lasso) return inside(answer.x, answer.y, lasso);
    return Uint8Array.from(answer.rows, (row) => bus.selected[row]);
  }

  function placeOf(row) {
    lookup ??= new Map(answer ? [...answer.rows].map((one, at) => [one, at]) : []);
    return lookup.get(row) ?? -1;
  }

  /** Ask for a window unless it is the one that is there or on its way. */
  function want(frame, axes, view, colour) {
    const { x0, x1, y0, y1, width, height, ratio } = frame;
    const [columns, lines] = [width, height].map((size) => Math.max(1, Math.round(size / (CELL_PX * ratio))));
    const part = { x0, x1, y0, y1, columns, lines };
    const shown = { x: axes.x, y: axes.y, colour: view.colour, slots: colour.codes ?? [], score: view.score },
      request = { ...shown, ...part, filter: bus.filter, ...(bus.isCrowd ? {} : { most_points: MOST_POINTS }) },
      selection = clauses(bus.selection).length ? bus.selection : null,
      [without, key] = [JSON.stringify(request), JSON.stringify([request, selection])];
    if (key === (asking ?? about?.key)) return;
    // Which of the points are selected follows from masks that the page has.
    if (!asking && answer?.is_points && without === about?.without) return;
    const isMoved = asking || (about && JSON.stringify(about.part) !== JSON.stringify(part));
    asking = key;
    clearTimeout(timer);
    timer = setTimeout(() => ask({ ...request, selection }, { part, key, without }), isMoved ? REST_MS : 0);
  }

  async function ask(request, { part, key, without }) {
    try {
      const found = answerOf(await bus.density(request));
      if (isGone || asking !== key) return;
      [answer, about, lookup, lasso] = [found, { ...request, part, key, without }, null, null];
    } catch (error) {
      if (isGone || asking !== key) return;
      about = { ...request, part, key, without }; // not asked again until something changes
      answer = null;
      bus.say({ error: error.message });
    }
    asking = null;
    changed();
  }

  /** What a cell or a point stands for. */
  function words() {
    const rows = `${whole(answer.total)} ${bus.rows}`;
    if (answer.is_points) return `${rows} as points`;
    const of = { number: "the highest", names: "the most frequent", share: "the share of wrong predictions" };
    return `${rows} in cells; colour: ${of[answer.kind]} in a cell`;
  }
}

function background(look) {
  const [r, g, b] = rgb(look.background);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
