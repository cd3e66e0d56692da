// @ts-check
// The map: every example a point. Pixels are painted here, axes come from Plotly, gestures from surface.js.

import { layout, plotly, purge } from "./axes.js";
import { axesOf, colouring } from "./colouring.js";
import { rgb } from "../shared/colours.js";
import { snippet } from "../shared/contents.js";
import { h, save } from "../shared/dom.js";
import { fitted, panned, toData, toPixel, zoomed } from "./camera.js";
import { makeClicks } from "./map_clicks.js";
import { mapCsv, mapPicture } from "./map_download.js";
import { outline, passes, ring } from "./map_layers.js";
import { pair } from "./pair.js";
import { extent, short, titled } from "../shared/numbers.js";
import { byLevel, grid, nearest, paint, project, radius } from "./raster.js";
import { clauses, simplify } from "../shared/rules.js";
import { surface, tooltip } from "./surface.js";

const MARGIN = { l: 58, r: 14, t: 10, b: 46 };
const BARE = { l: 14, r: 14, t: 10, b: 14 };

/** Draw a map into `host`. open(row) is a double click on a point.
 *  Returns {draw(view), tool(name), zoom, fit, download, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeMap(bus, host, look, open) {
  const points = h("canvas", { class: "hem-layer" }),
    figure = h("div", { class: "hem-layer hem-figure" });
  const gesture = h("canvas", { class: "hem-layer" }),
    catcher = h("div", { class: "hem-catcher" });
  host.replaceChildren(points, figure, gesture, catcher);
  const tip = tooltip(host);
  let view = null,
    axes = null,
    colour = null,
    rows = null,
    frame = null,
    home = null,
    placed = null,
    index = null;
  let tool = "lasso",
    drawing = null,
    hoverTimer = 0,
    scheduled = 0,
    relayout = 0,
    isOver = false;
  const clicks = makeClicks(bus);

  const ends = [
    bus.on("state", schedule),
    bus.on("hover", () => drawGesture()),
    surface(catcher, () => tool, {
      draw(path) {
        drawing = path;
        drawGesture();
      },
      polygon,
      pan,
      zoom,
      hover: (x, y) => {
        isOver = true;
        hover(x, y);
      },
      leave() {
        isOver = false;
        clearTimeout(hoverTimer);
        bus.hover(-1);
        tip.hide();
        catcher.classList.remove("is-over");
      },
      click,
      double,
    }),
  ];
  const watcher = new ResizeObserver(() => {
    if (frame) {
      measure();
      repaint();
      plot();
    }
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
    colouring: () => colour,
    frame: () => ({ ...frame, left: margin().l, top: margin().t }),
    end() {
      for (const end of ends) end();
      watcher.disconnect();
      cancelAnimationFrame(scheduled);
      clearTimeout(hoverTimer);
      purge(figure);
    },
  };

  /** Show another view; its columns must be loaded. A new pair of axes is fitted, else the zoom stays. */
  function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    const before = axes && `${axes.x} ${axes.y}`;
    view = next;
    axes = axesOf(view);
    colour = colouring(bus, view.colour, look);
    // Numbers: the hard ones on top. Names: as they come, so that no class covers another.
    rows = colour.kind === "number" ? byLevel(colour.level) : Uint32Array.from(colour.level, (_, row) => row);
    if (before !== `${axes.x} ${axes.y}`) frame = null;
    measure();
    repaint();
    plot();
  }

  function margin() {
    return axes?.isBare ? BARE : MARGIN;
  }

  function measure() {
    const { l, r, t, b } = margin(),
      ratio = window.devicePixelRatio || 1;
    const width = Math.max(50, host.clientWidth - l - r),
      height = Math.max(50, host.clientHeight - t - b);
    for (const layer of [points, gesture]) {
      Object.assign(layer.style, { left: `${l}px`, top: `${t}px`, width: `${width}px`, height: `${height}px` });
    }
    Object.assign(catcher.style, { left: `${l}px`, top: `${t}px`, width: `${width}px`, height: `${height}px` });
    for (const layer of [points, gesture]) {
      const [w, q] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (layer.width !== w || layer.height !== q) [layer.width, layer.height] = [w, q];
    }
    if (!frame) {
      const spread = (name) => extent(bus.column(name).values);
      frame = home = fitted(spread(axes.x), spread(axes.y), width, height, axes);
    }
    frame = { ...frame, width: points.width, height: points.height, ratio };
  }

  function schedule() {
    if (!frame) return;
    repaint();
  }

  function repaint() {
    if (!frame || !colour) return;
    placed = project(bus.column(axes.x).values, bus.column(axes.y).values, frame);
    index = null;
    const context = points.getContext("2d", { willReadFrequently: false });
    const image = context.createImageData(points.width, points.height);
    new Uint32Array(image.data.buffer).fill(word(look.background));
    const size = radius(placed.onScreen, frame, frame.ratio);
    for (const pass of passes(bus, rows, colour, look, size, view.hide)) paint(image, placed, pass);
    context.putImageData(image, 0, 0);
    drawGesture();
    host.dataset.painted = String(Number(host.dataset.painted ?? 0) + 1);
    host.dataset.onScreen = placed.onScreen;
  }

  function drawGesture() {
    if (!frame) return;
    const context = gesture.getContext("2d"),
      { ratio } = frame;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, gesture.width, gesture.height);
    for (const path of shownPaths()) outline(context, path, look);
    for (const row of bus.picks) ringed(context, row, 6, 2);
    if (bus.hovered >= 0) ringed(context, bus.hovered, 8, 2.5);
  }

  function ringed(context, row, size, thickness) {
    if (!placed || placed.px[row] === -32768) return;
    ring(context, placed.px[row] / frame.ratio, placed.py[row] / frame.ratio, size, thickness, look);
  }

  function shownPaths() {
    if (drawing) return [drawing];
    return clauses(bus.selection)
      .filter((one) => one.polygon?.x === axes.x && one.polygon.y === axes.y)
      .map((one) => one.polygon.points.map(([x, y]) => toPixel(frame, x, y)));
  }

  function polygon(path, isAdding) {
    drawing = null;
    const points = simplify(path, 0.75).map(([x, y]) =>
      toData(frame, x, y).map((value) => Number(value.toPrecision(7))),
    );
    if (points.length < 3) return drawGesture();
    const clause = { polygon: { x: axes.x, y: axes.y, points } };
    bus.set({ selection: { all: isAdding ? [...clauses(bus.selection), clause] : [clause] } });
  }

  function pan(dx, dy) {
    look_at(panned(frame, dx, dy));
  }

  function zoom(x, y, factor) {
    const next = zoomed(frame, home, [x, y], factor);
    if (next) look_at(next);
  }

  function look_at(next) {
    Object.assign(frame, next);
    if (scheduled) return;
    scheduled = requestAnimationFrame(() => {
      scheduled = 0;
      repaint();
      clearTimeout(relayout);
      relayout = setTimeout(plot, bus.n > 200000 ? 120 : 16);
    });
  }

  function rowAt(x, y, reach = 10) {
    if (!placed) return -1;
    index ??= grid(placed, bus.inFilter, points.width, points.height, 24 * frame.ratio);
    return nearest(index, placed, x * frame.ratio, y * frame.ratio, reach * frame.ratio);
  }

  function hover(x, y) {
    const row = rowAt(x, y);
    catcher.classList.toggle("is-over", row >= 0);
    bus.hover(row);
    clearTimeout(hoverTimer);
    if (row < 0) return tip.hide();
    hoverTimer = setTimeout(async () => {
      const [[id], [picture], [content]] = await Promise.all([
        bus.idsOf([row]),
        bus.thumbsOf([row]),
        bus.contentsOf([row]),
      ]);
      if (bus.hovered !== row || !isOver) return;
      const scored = bus.column(view.score),
        { l, t } = margin();
      tip.show(x + l, y + t, {
        id,
        picture,
        content: content && snippet(content, 4),
        line: pair(bus, row),
        more: scored ? `${scored.title} ${short(scored.values[row])}` : "",
      });
    }, 40);
  }

  function fit() {
    frame = null;
    measure();
    repaint();
    plot();
  }

  function click(x, y, adds) {
    return clicks.click(rowAt(x, y), adds);
  }

  function double(x, y) {
    const row = rowAt(x, y);
    if (row >= 0) return open(row);
    clicks.giveBack();
    return fit();
  }

  function titles() {
    if (axes.isBare) return ["", ""];
    return [axes.x, axes.y].map((name) => titled(bus.described[name].title, bus.described[name].unit));
  }

  function figureLayout() {
    const [x, y] = titles();
    return layout(look, margin(), {
      x: { range: [frame.x0, frame.x1], title: x, isBare: axes.isBare },
      y: { range: [frame.y0, frame.y1], title: y, isBare: axes.isBare },
      annotations: axes.regions,
    });
  }

  async function plot() {
    const Plotly = await plotly();
    if (!host.isConnected || !frame) return;
    const anchor = [{ x: [null], y: [null], type: "scatter", mode: "markers", hoverinfo: "skip" }];
    await Plotly.react(
      figure,
      anchor,
      { ...figureLayout(), width: host.clientWidth, height: host.clientHeight },
      { staticPlot: true, responsive: false, displayModeBar: false },
    );
    host.dataset.axes = "drawn";
  }

  /** Save what is seen: 'png', 'svg', or 'csv' with the points that are not filtered out. */
  async function download(format) {
    const name = `${bus.run}-${view.mode}.${format}`;
    if (format === "csv") return save(await mapCsv(bus, view), name);
    const title = { data: "data map", embedding: "embedding map" }[view.mode] ?? titles().join(" against ");
    const shown = { layers: [points, gesture], colour, background: look.background, title: `${bus.run}: ${title}` };
    const size = { width: host.clientWidth, height: host.clientHeight };
    return save(await mapPicture({ ...shown, ...size, layout: figureLayout(), margin: margin(), format }), name);
  }
}

function word(colour) {
  const [r, g, b] = rgb(colour);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
