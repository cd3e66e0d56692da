// @ts-check
// The confusion matrix among the filtered examples: the worst pairs as a list, every pair as a cell; clicks select.

import { csv } from "../shared/cells.js";
import { confusions, ordered, worst } from "./confusion.js";
import { h, renew, s, save, svgToPng } from "../shared/dom.js";
import { listen } from "../shared/drag.js";
import { cellAt, home, layout, moved, zoomed } from "./matrix_layout.js";
import { asSvg, cellsOf, namesOf, paintCells, percent } from "./matrix_paint.js";
import { clauses } from "../shared/rules.js";
import { topConfusions } from "./top_confusions.js";

const MOST_CLASSES = 25; // above that many the worst pairs come first
const BOTH_FROM_PX = 900; // from this width the list and the matrix stand side by side
const WORST = 100;
const REACH_PX = 5;
const FILE = [1000, 900];

/** Draw into `host`. none: what to call it where nothing was given or predicted; null: such rows are left out.
 *  Returns {draw(view, look), zoom(factor), fit(), download(format), end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeMatrix(bus, host, look, named, none = null) {
  const classes = none === null ? named : [...named, none];
  const figure = h("div", { class: "hem-matrix" }),
    list = h("div", { class: "hem-confusions" }),
    tip = h("div", { class: "hem-tip hem-matrix-tip", hidden: true, role: "status" });
  const canvas = h("canvas", { class: "hem-layer" }),
    names = s("svg", { class: "hem-matrix-names" }),
    mark = h("div", { class: "hem-cell-mark", hidden: true });
  figure.append(canvas, names, mark, tip);
  host.replaceChildren(list, figure);
  const isLarge = classes.length > MOST_CLASSES,
    ruler = h("canvas").getContext("2d"),
    widths = new Map();
  let view = null,
    found = null,
    order = [],
    place = [],
    plot = null,
    seen = home(classes.length),
    frame = 0,
    last = null;
  const later = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      redraw();
    });
  };
  const ends = [bus.on("state", later), pointer()];
  const watcher = new ResizeObserver(later);
  watcher.observe(host);
  figure.addEventListener("wheel", wheel, { passive: false });
  return {
    draw,
    download,
    zoom: (factor) => look_at(zoomed(seen, classes.length, [seen.x + seen.span / 2, seen.y + seen.span / 2], factor)),
    fit: () => look_at(home(classes.length)),
    end() {
      ends.forEach((end) => end());
      watcher.disconnect();
      cancelAnimationFrame(frame);
      host.classList.remove("is-split", "is-listed");
    },
  };

  function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    view = { ...next };
    widths.clear();
    redraw();
  }

  function measure(text) {
    if (!widths.has(text)) {
      ruler.font = `11px ${look.font}`;
      widths.set(text, ruler.measureText(text).width);
    }
    return widths.get(text);
  }

  function redraw() {
    if (!view || !host.isConnected || host.clientWidth < 100) return;
    found = confusions(bus.column("label"), bus.column("predicted"), bus.inFilter, classes, none !== null);
    order = ordered(found, classes, view.order);
    place = [];
    order.forEach((k, at) => (place[k] = at));
    const isWide = host.clientWidth >= BOTH_FROM_PX,
      isWhole = !isLarge || (view.whole ?? isWide);
    host.classList.toggle("is-split", isLarge && isWhole && isWide);
    host.classList.toggle("is-listed", isLarge && !isWhole);
    figure.hidden = !isWhole;
    list.hidden = !isLarge;
    if (isLarge) table(isWhole, isWide);
    if (isWhole) paint();
    host.dataset.matrix = "drawn";
  }

  function paint() {
    const { clientWidth: width, clientHeight: height } = figure,
      ratio = window.devicePixelRatio || 1;
    if (width < 60 || height < 60) return;
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(canvas.style, { left: 0, top: 0, width: `${width}px`, height: `${height}px` });
    const texts = order.map((k) => classes[k]);
    plot = layout(texts, width, height, measure, seen);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintCells(context, cellsOf(found, place, plot, seen, look, view.rates), plot, look, lines());
    names.setAttribute("viewBox", `0 0 ${width} ${height}`);
    names.replaceChildren(...namesOf(texts, plot, seen, look, measure));
    outline();
  }

  // The edges between the cells, in pixels.
  function lines() {
    const along = (from, start, cell, size) => {
      const out = [];
      for (let k = Math.ceil(from); k < from + seen.span; k++) out.push(start + (k - from) * cell);
      return out.filter((at) => at < start + size);
    };
    return {
      columns: along(seen.x, plot.left, plot.cell[0], plot.width),
      rows: along(seen.y, plot.top, plot.cell[1], plot.height),
    };
  }

  function look_at(next) {
    seen = next;
    tip.hidden = true;
    later();
  }

  function pointer() {
    return listen(figure, {
      hover: show,
      leave: hide,
      drag(points, from) {
        hide();
        const [x, y] = points.at(-1),
          [a, b] = last ?? from;
        last = [x, y];
        look_at(moved(seen, classes.length, [(a - x) / plot.cell[0], (b - y) / plot.cell[1]]));
      },
      end: () => (last = null),
      cancel: () => (last = null),
      click({ x, y }) {
        const one = classesAt(x, y);
        if (one) choose(one);
      },
      double: () => look_at(home(classes.length)),
    });
  }

  function wheel(event) {
    event.preventDefault();
    if (!plot) return;
    const box = figure.getBoundingClientRect(),
      factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004);
    /** @type {[number, number]} */
    const at = [
      seen.x + (event.clientX - box.left - plot.left) / plot.cell[0],
      seen.y + (event.clientY - box.top - plot.top) / plot.cell[1],
    ];
    look_at(zoomed(seen, classes.length, at, factor));
  }

  /** The classes under a point: {given, predicted}, one of them beside the names; tiny cells are caught nearby. */
  function classesAt(x, y) {
    const at = plot && cellAt(plot, seen, order.length, x, y);
    if (!at) return null;
    if (at.row !== undefined && at.column !== undefined && Math.min(...plot.cell) < REACH_PX) {
      const near = nearestCell(x, y);
      if (near) return { given: near[0], predicted: near[1] };
    }
    const one = {};
    if (at.row !== undefined) one.given = order[at.row];
    if (at.column !== undefined) one.predicted = order[at.column];
    return one;
  }

  function nearestCell(x, y) {
    let best = REACH_PX,
      near = null;
    for (const cell of found.cells) {
      const dx = plot.left + (place[cell[1]] + 0.5 - seen.x) * plot.cell[0] - x,
        dy = plot.top + (place[cell[0]] + 0.5 - seen.y) * plot.cell[1] - y;
      // Errors are what is looked for: the diagonal wins by a clear margin only.
      const away = Math.hypot(dx, dy) + (cell[0] === cell[1] ? 2 : 0);
      if (away < best) [best, near] = [away, cell];
    }
    return near;
  }

  function show({ x, y }) {
    const one = classesAt(x, y);
    figure.classList.toggle("is-over", Boolean(one));
    if (!one) return hide();
    tip.replaceChildren(h("div", { class: "hem-tip-text" }, ...described(one).map((line) => h("div", {}, line))));
    tip.hidden = false;
    const left = Math.max(4, Math.min(x + 14, figure.clientWidth - tip.offsetWidth - 6)),
      top = y + 18 + tip.offsetHeight > figure.clientHeight ? y - tip.offsetHeight - 10 : y + 18;
    tip.style.transform = `translate(${left}px, ${Math.max(4, top)}px)`;
    return undefined;
  }

  function hide() {
    tip.hidden = true;
  }

  function described({ given, predicted }) {
    if (given === undefined) return [`predicted ${classes[predicted]}`, bus.counted(found.predicted[predicted])];
    const support = found.support[given],
      wrong = percent(1 - found.right[given] / Math.max(1, support));
    if (predicted === undefined) return [`given ${classes[given]}`, `${bus.counted(support)}, ${wrong} wrong`];
    const here = found.at(given, predicted);
    return [
      `given ${classes[given]}`,
      `predicted ${classes[predicted]}`,
      `${bus.counted(here)}, ${percent(here / Math.max(1, support))} of given ${classes[given]}`,
    ];
  }

  // The selected cell, row or column, outlined.
  function outline() {
    const at = (name) => {
      const clause = clauses(bus.selection).find((one) => one.column === name && one.in?.length === 1);
      if (!clause) return -1;
      return place[clause.in[0] === null && none !== null ? named.length : classes.indexOf(clause.in[0])] ?? -1;
    };
    const row = at("label"),
      column = at("predicted");
    mark.hidden = (row < 0 && column < 0) || clauses(bus.selection).some((one) => !one.in);
    if (mark.hidden) return;
    const side = (position, from, start, cell, size) => {
      const low = position < 0 ? start : start + (position - from) * cell,
        high = position < 0 ? start + size : low + Math.max(cell, REACH_PX);
      return [Math.max(start - 3, low), Math.min(start + size + 3, high)];
    };
    const [left, right] = side(column, seen.x, plot.left, plot.cell[0], plot.width),
      [top, foot] = side(row, seen.y, plot.top, plot.cell[1], plot.height);
    mark.hidden = right <= left || foot <= top;
    Object.assign(mark.style, {
      left: `${left}px`,
      width: `${right - left}px`,
      top: `${top}px`,
      height: `${foot - top}px`,
    });
  }

  function choose({ given, predicted }) {
    const wanted = [];
    const value = (k) => (k === named.length ? null : classes[k]);
    if (given !== undefined) wanted.push({ column: "label", in: [value(given)] });
    if (predicted !== undefined) wanted.push({ column: "predicted", in: [value(predicted)] });
    const isSame = JSON.stringify(wanted) === JSON.stringify(clauses(bus.selection));
    bus.set({ selection: { all: isSame ? [] : wanted } });
  }

  function table(isWhole, isWide) {
    const isAlone = isWhole && !isWide,
      pairs = isAlone ? [] : worst(found, WORST).map((pair) => [...pair, found.support[pair[0]]]);
    const show = (isShown) => bus.setView({ whole: isShown });
    renew(list, [isWhole, isWide, pairs], () =>
      topConfusions({ classes, pairs, rows: bus.rows, isWhole, isAlone, show, choose }),
    );
  }

  /** Save the whole matrix: 'png', 'svg', or 'csv' with what the cells show, counts or shares of given. */
  async function download(format) {
    const name = `${bus.run}-confusion.${format}`;
    if (format === "csv") return save(matrixCsv(found, order, classes, view.rates), name);
    const all = home(classes.length),
      full = layout(
        order.map((k) => classes[k]),
        ...FILE,
        measure,
        all,
      );
    const cells = cellsOf(found, place, full, all, look, view.rates),
      labels = namesOf(
        order.map((k) => classes[k]),
        full,
        all,
        look,
        measure,
      );
    const heading = `${bus.run}: confusions (${view.rates ? "share of given" : "counts"})`,
      svg = asSvg(cells, labels, full, look, heading, ...FILE);
    return save(
      format === "png" ? await svgToPng(svg, look.background) : new XMLSerializer().serializeToString(svg),
      name,
    );
  }
}

/** The matrix as CSV, given by predicted in the order on screen: counts, or shares of the given class (0 to 1). */
export function matrixCsv(found, order, classes, isRates) {
  const value = (a, b) => (isRates ? found.at(a, b) / Math.max(1, found.support[a]) : found.at(a, b));
  return csv(
    ["given \\ predicted", ...order.map((k) => classes[k])],
    order.map((a) => [classes[a], ...order.map((b) => value(a, b))]),
  );
}
