// @ts-check
// The map: every example a point. It holds what is shown; pixels, axes, gestures and hover come from map_*.js.

import { purge } from "./axes.js";
import { axesOf, colouring, isDense } from "./colouring.js";
import { makeDensity } from "./density.js";
import { h, save } from "../shared/dom.js";
import { evened, fitted, panned, read, resized, written, zoomed } from "./camera.js";
import { cleared, drawContours } from "./contours.js";
import { colouredNames } from "./name_colours.js";
import { makeClicks } from "./map_clicks.js";
import { mapCsv, mapPicture } from "./map_download.js";
import { axisTitles, drawFigure, figureLayout } from "./map_figure.js";
import { drawGesture, polygonClause } from "./map_gesture.js";
import { makeHover } from "./map_hover.js";
import { paintLayers, passes } from "./map_layers.js";
import { marginOf, placeLayers } from "./map_measure.js";
import { makeClusters } from "./map_clusters.js";
import { drawNames } from "./map_names.js";
import { extent } from "../shared/numbers.js";
import { byLevel, grid, nearest, OFF_CANVAS, project, radius } from "./raster.js";
import { epochOf } from "./replay.js";
import { clauses } from "../shared/rules.js";
import { surface } from "./surface.js";

/** Draw a map into `host`. open(row) is a double click on a point; zoom: the part to begin with, as an address has it;
 *  moved(part): it is another one, null for all.
 *  Returns {draw(view), tool(name), zoom, fit, download, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeMap(bus, host, look, { open, zoom: begin = null, moved = (_part) => {} }) {
  const points = h("canvas", { class: "hem-layer" }),
    contours = h("canvas", { class: "hem-layer" }),
    figure = h("div", { class: "hem-layer hem-figure" });
  const labels = h("canvas", { class: "hem-layer" }),
    gesture = h("canvas", { class: "hem-layer" }),
    catcher = h("div", { class: "hem-catcher" });
  host.replaceChildren(points, contours, figure, labels, gesture, catcher);
  let view = null,
    axes = null,
    colour = null,
    rows = null,
    frame = null,
    home = null,
    reach = null,
    placed = null,
    index = null,
    density = null; // counts of the server, where the points are too many
  let tool = "lasso",
    drawing = null,
    scheduled = 0,
    relayout = 0;
  const clicks = makeClicks(bus),
    clusters = makeClusters(bus, host),
    hover = makeHover(bus, host, catcher, () => ({ score: view.score, margin: marginOf(axes) }));

  const ends = [
    bus.on("state", restate),
    bus.on("hover", gestures),
    bus.on("opened", gestures),
    bus.on("names", named),
    surface(catcher, () => (isReplaying() ? "pan" : tool), {
      draw(path) {
        drawing = path;
        gestures();
      },
      polygon,
      pan: (dx, dy) => moveTo(panned(frame, dx, dy)),
      zoom,
      hover: (x, y) => hover.over(clusters.over(x, y) ? -1 : rowAt(x, y), x, y),
      leave() {
        clusters.leave();
        hover.leave();
      },
      click: (x, y, adds) => clusters.click(x, y, adds) || clicks.click(rowAt(x, y), adds),
      double,
    }),
  ];
  const watcher = new ResizeObserver(() => {
    if (frame) redraw();
  });
  watcher.observe(host);

  return {
    draw,
    fit,
    tool: (name) => {
      tool = name;
      catcher.dataset.tool = name;
    },
    zoom: (factor) => zoom(catcher.clientWidth / 2, catcher.clientHeight / 2, factor),
    download,
    colouring() {
      freshen();
      return colour;
    },
    end() {
      for (const end of ends) end();
      watcher.disconnect();
      cancelAnimationFrame(scheduled);
      clearTimeout(relayout);
      hover.end();
      clusters.end();
      density?.end();
      purge(figure);
    },
  };

  /** Show another view; its columns must be loaded. A new pair of axes is fitted, else the zoom stays. */
  function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    const before = axes && `${axes.x} ${axes.y}`;
    view = next;
    axes = axesOf(view);
    recolour();
    const isHome = frame?.isAll,
      isOther = before !== `${axes.x} ${axes.y}`;
    if (isOther) reach = [axes.x, axes.y].map(spread);
    // An epoch may lie beyond the map after all of them: the axes of a map that is not zoomed grow, and stay.
    const wider = isReplaying() ? places().map((values, at) => extent([...extent(values), ...reach[at]])) : reach;
    const isWider = JSON.stringify(wider) !== JSON.stringify(reach);
    reach = wider;
    if (isOther || (isHome && isWider)) frame = null;
    if (isOther && before) moved(null);
    redraw();
  }

  function spread(name) {
    const { values, min, max } = bus.column(name) ?? { ...bus.described[name], values: null };
    return values ? extent(values) : [min ?? 0, max ?? 1];
  }

  /** A lasso is a polygon on columns, and those are of the whole training. */
  function isReplaying() {
    return view != null && epochOf(view, bus.epochs) != null;
  }

  function restate() {
    freshen();
    repaint();
  }

  /** The filter may have given the colours to other names. */
  function freshen() {
    const names = colour?.kind === "names" ? colouredNames(bus, bus.column(view.colour)) : [];
    if (names.some((code, slot) => code !== colour.codes[slot])) recolour();
  }

  function recolour() {
    colour = colouring(bus, view.colour, look);
    if (!isDense(view, bus)) {
      density?.end();
      density = null;
    } else density ??= makeDensity(bus, host, repaint);
    // Numbers: the hard ones on top. Names: as they come, so that no class covers another.
    if (!density)
      rows = colour.kind === "number" ? byLevel(colour.level) : Uint32Array.from(colour.level, (_, row) => row);
  }

  function redraw() {
    measure();
    repaint();
    plot();
  }

  function measure() {
    const { width, height, ratio } = placeLayers(host, [points, contours, labels, gesture], catcher, marginOf(axes));
    const isOtherSize = frame && (frame.width !== points.width || frame.height !== points.height);
    if (!frame || isOtherSize) {
      home = fitted(reach[0], reach[1], width, height, axes);
      const part = frame ? !frame.isAll && resized(frame, width, height, axes) : read(begin);
      begin = null;
      frame = part ? { ...(axes.isBare ? evened(part, width, height) : part), isAll: false } : { ...home, isAll: true };
    }
    frame = { ...frame, width: points.width, height: points.height, ratio };
  }

  /** Where the points lie: the columns of the axes, or the data map after an epoch. */
  function places() {
    const then = bus.replay.places(epochOf(view, bus.epochs));
    return then ? [then.x, then.y] : [bus.column(axes.x).values, bus.column(axes.y).values];
  }

  function repaint() {
    if (!frame || !colour) return;
    if (density) {
      placed = density.paint(points, frame, { axes, colour, view, look });
      cleared(contours);
    } else {
      const [x, y] = places();
      placed = project(x, y, frame);
      const size = radius(placed.onScreen, frame, frame.ratio);
      paintLayers(points, placed, passes(bus, rows, colour, look, size, view.hide), look.background);
      outline(size);
    }
    index = null;
    named();
    gestures();
    host.dataset.painted = String(Number(host.dataset.painted ?? 0) + 1);
    host.dataset.onScreen = placed?.onScreen ?? 0;
  }

  /** Contours of what is not filtered out, where so many points lie over each other that they hide their number. */
  function outline(size) {
    const levels = view.contours ? drawContours(contours, placed, bus.inFilter, size, frame, look) : 0;
    if (!levels) cleared(contours);
    host.dataset.contours = String(levels);
  }

  /** The names of the clusters, on the map of the embedding alone. */
  function named() {
    const isShown = view?.names && axes?.x === "x" && axes.y === "y";
    if (frame) clusters.place(drawNames(labels, isShown ? bus.clusterNames() : [], frame, look), marginOf(axes));
    host.dataset.names = String(isShown ? bus.clusterNames().length : 0);
  }

  function gestures() {
    const lassoAxes = isReplaying() ? {} : axes; // a lasso lies around where the points end up
    if (frame) drawGesture(gesture, bus, { frame, at, axes: lassoAxes, drawing, look });
  }

  /** Where the point of a row lies in device pixels, null where it is not on the canvas. */
  function at(row) {
    if (density) return density.at(row, axes, frame);
    return !placed || placed.px[row] === OFF_CANVAS ? null : [placed.px[row], placed.py[row]];
  }

  function polygon(path, isAdding) {
    drawing = null;
    const clause = polygonClause(path, frame, axes);
    if (!clause) return gestures();
    bus.set({ selection: { all: isAdding ? [...clauses(bus.selection), clause] : [clause] } });
    if (!density || isAdding) return undefined;
    density.preview(clause.polygon.points);
    return repaint();
  }

  function zoom(x, y, factor) {
    const next = zoomed(frame, home, [x, y], factor);
    if (next) moveTo(next);
  }

  function moveTo(next) {
    Object.assign(frame, next, { isAll: false });
    if (scheduled) return;
    scheduled = requestAnimationFrame(() => {
      scheduled = 0;
      repaint();
      clearTimeout(relayout);
      relayout = setTimeout(plot, bus.n > 200000 ? 120 : 16);
      moved(written(frame));
    });
  }

  function rowAt(x, y, reach = 10) {
    if (!placed) return -1;
    if (density) {
      const [px, py] = [x, y].map((value) => value * frame.ratio);
      return density.rowAt(px, py, reach * frame.ratio, points.width, points.height);
    }
    index ??= grid(placed, bus.inFilter, points.width, points.height, 24 * frame.ratio);
    return nearest(index, placed, x * frame.ratio, y * frame.ratio, reach * frame.ratio);
  }

  function fit() {
    frame = null;
    moved(null);
    redraw();
  }

  function double(x, y) {
    const row = rowAt(x, y);
    if (row >= 0) return open(row);
    clicks.giveBack();
    return fit();
  }

  function drawnLayout() {
    return figureLayout(bus, axes, frame, look, marginOf(axes));
  }

  function plot() {
    return drawFigure(figure, host, () => frame && drawnLayout());
  }

  /** Save what is seen: 'png', 'svg', or 'csv' with the points that are not filtered out. */
  async function download(format) {
    const name = `${bus.run}-${view.mode}.${format}`;
    if (format === "csv") return save(await mapCsv(bus, view), name);
    const title =
      { data: "data map", embedding: "embedding map" }[view.mode] ?? axisTitles(bus, axes).join(" against ");
    const shown = {
      layers: [points, contours, labels, gesture],
      colour,
      background: look.background,
      title: `${bus.run}: ${title}`,
    };
    const size = { width: host.clientWidth, height: host.clientHeight };
    return save(await mapPicture({ ...shown, ...size, layout: drawnLayout(), margin: marginOf(axes), format }), name);
  }
}
