// The linked histogram: all, filtered and selected one inside the other; dragging selects a range.

import { csv } from "./cells.js";
import { h, s, save, svgToPng } from "./dom.js";
import { bins, extent, histogram, short, ticks, whole } from "./numbers.js";
import { clauses } from "./rules.js";

const MARGIN = { l: 58, r: 14, t: 8, b: 34 };

/** Draw into `host`. Returns {draw(view, look), download(format), end}. */
export function makeHistogram(bus, host, look) {
  const area = h("div", { class: "hem-histogram" }),
    readout = h("div", { class: "hem-readout hem-muted" });
  const log = h(
    "button",
    { class: "hem-button hem-log", title: "logarithmic counts", onclick: () => bus.setView({ log: !view.log }) },
    "log",
  );
  host.replaceChildren(area, readout, log);
  let view = null,
    grid = null,
    totals = null,
    total = 0,
    svg = null,
    scales = null,
    brush = null;
  const ends = [bus.on("state", () => redraw()), dragging()];
  const watcher = new ResizeObserver(() => redraw());
  watcher.observe(area);
  return {
    draw,
    download,
    end() {
      ends.forEach((end) => end());
      watcher.disconnect();
    },
  };

  function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    log.classList.toggle("is-on", next.log);
    log.setAttribute("aria-pressed", String(next.log));
    const isNew = view?.score !== next.score;
    view = { ...next };
    if (isNew || !grid) {
      const column = bus.column(view.score),
        [low, high] = column.unit === "percentile" ? [0, 100] : extent(column.values);
      grid = bins(low, high, 50);
      totals = histogram(column.values, grid);
      total = totals.reduce((sum, count) => sum + count, 0);
    }
    redraw();
  }

  function redraw() {
    if (!view || !grid || area.clientWidth < 80) return;
    const values = bus.column(view.score).values,
      isFiltered = clauses(bus.filter).length > 0;
    const filtered = isFiltered ? histogram(values, grid, bus.inFilter) : totals;
    const isNarrowed = bus.selected || bus.picks.size;
    const chosen = isNarrowed ? histogram(values, grid, bus.scope) : null;
    const width = area.clientWidth,
      height = area.clientHeight,
      most = Math.max(1, ...totals);
    const show = view.log ? (count) => Math.log1p(count) / Math.log1p(most) : (count) => count / most;
    scales = {
      x: (value) => MARGIN.l + ((value - grid.low) / (grid.high - grid.low)) * (width - MARGIN.l - MARGIN.r),
      value: (x) => grid.low + ((x - MARGIN.l) / (width - MARGIN.l - MARGIN.r)) * (grid.high - grid.low),
      y: (count) => height - MARGIN.b - show(count) * (height - MARGIN.t - MARGIN.b),
    };
    const layers = [
      [totals, look.out],
      [filtered, look.bars],
    ];
    if (chosen) layers.push([chosen, look.accent]);
    svg = s("svg", {
      width,
      height,
      xmlns: "http://www.w3.org/2000/svg",
      "font-family": look.font,
      role: "img",
      "aria-label": `Histogram of ${bus.title(view.score)}`,
    });
    svg.append(
      ...yAxis(most, width),
      ...layers.map(([counts, colour]) => bars(counts, colour)),
      ...xAxis(height, width),
      brushMark(height),
    );
    area.replaceChildren(svg);
  }

  function bars(counts, colour) {
    let path = "";
    const base = scales.y(0);
    for (let bin = 0; bin < grid.count; bin++) {
      if (!counts[bin]) continue;
      const left = scales.x(grid.low + bin * grid.width),
        right = scales.x(grid.low + (bin + 1) * grid.width);
      const top = Math.min(scales.y(counts[bin]), base - 1);
      path += `M${(left + 0.5).toFixed(1)} ${base}V${top.toFixed(1)}H${(right - 0.5).toFixed(1)}V${base}Z`;
    }
    return s("path", { d: path, fill: colour });
  }

  function xAxis(height, width) {
    const base = height - MARGIN.b,
      { title, unit } = bus.described[view.score];
    const marks = ticks(grid.low, grid.high, width / 90).map((value) =>
      text(scales.x(value), base + 14, short(Number(value.toPrecision(6))), "middle"),
    );
    const line = s("line", {
      x1: MARGIN.l,
      x2: width - MARGIN.r,
      y1: base + 0.5,
      y2: base + 0.5,
      stroke: look.muted,
      "stroke-opacity": 0.4,
    });
    return [
      line,
      ...marks,
      text((MARGIN.l + width - MARGIN.r) / 2, base + 29, unit ? `${title} (${unit})` : title, "middle", 12),
    ];
  }

  function yAxis(most, width) {
    const values = view.log
      ? [1, 10, 100, 1000, 10000, 100000].filter((one) => one <= most)
      : ticks(0, most, 3).filter((one) => Number.isInteger(one));
    return values.flatMap((value) =>
      value === 0
        ? []
        : [
            s("line", {
              x1: MARGIN.l,
              x2: width - MARGIN.r,
              y1: scales.y(value),
              y2: scales.y(value),
              stroke: look.faint,
            }),
            text(MARGIN.l - 6, scales.y(value) + 4, whole(value), "end"),
          ],
    );
  }

  function text(x, y, content, anchor, size = 11) {
    const element = s("text", {
      x: x.toFixed(1),
      y: y.toFixed(1),
      "text-anchor": anchor,
      "font-size": size,
      fill: look.muted,
    });
    element.textContent = content;
    return element;
  }

  function brushMark(height) {
    const clause = clauses(bus.selection).find((one) => one.column === view.score && ("min" in one || "max" in one));
    const range = brush ?? (clause && [clause.min ?? grid.low, clause.max ?? grid.high]);
    if (!range) return s("g");
    const left = scales.x(Math.min(...range)),
      right = scales.x(Math.max(...range));
    return s("rect", {
      x: left,
      width: Math.max(1, right - left),
      y: MARGIN.t,
      height: height - MARGIN.t - MARGIN.b,
      fill: look.accent,
      "fill-opacity": 0.1,
      stroke: look.accent,
      "stroke-dasharray": "4 3",
    });
  }

  function dragging() {
    let start = null,
      waiting = 0;
    const at = (event) => {
      const x = event.clientX - area.getBoundingClientRect().left;
      return scales.value(Math.max(MARGIN.l, Math.min(area.clientWidth - MARGIN.r, x)));
    };
    const range = () => {
      const [a, b] = [Math.min(...brush), Math.max(...brush)];
      return { column: view.score, min: rounded(a), max: rounded(b) };
    };
    const handlers = {
      pointerdown(event) {
        if (event.button !== 0 || !scales) return;
        area.setPointerCapture(event.pointerId);
        start = event.clientX;
      },
      pointermove(event) {
        if (!scales) return;
        if (start === null) return say(at(event));
        if (brush === null && Math.abs(event.clientX - start) < 4) return;
        brush = [
          brush ? brush[0] : scales.value(Math.max(MARGIN.l, start - area.getBoundingClientRect().left)),
          at(event),
        ];
        waiting ||= requestAnimationFrame(() => {
          waiting = 0;
          if (brush) bus.set({ selection: { all: [range()] } }, "drag");
        });
      },
      pointerup() {
        if (start === null) return;
        start = null;
        if (!brush) {
          if (bus.selected) bus.set({ selection: { all: [] } });
          return;
        }
        const clause = range();
        brush = null;
        bus.set({ selection: { all: [clause] } });
      },
      pointercancel() {
        start = brush = null;
        redraw();
      },
      pointerleave() {
        readout.textContent = "";
      },
    };
    for (const [name, handler] of Object.entries(handlers)) area.addEventListener(name, handler);
    return () => cancelAnimationFrame(waiting);
  }

  function say(value) {
    const bin = Math.max(0, Math.min(grid.count - 1, Math.floor((value - grid.low) / grid.width)));
    const low = grid.low + bin * grid.width;
    readout.textContent = `${short(Number(low.toPrecision(6)))} to ${short(Number((low + grid.width).toPrecision(6)))}: ${whole(totals[bin])} of ${whole(total)}`;
  }

  function rounded(value) {
    return Number(value.toPrecision(4));
  }

  async function download(format) {
    const name = `${bus.run}-${view.score}-histogram.${format}`;
    if (format === "csv") {
      const values = bus.column(view.score).values,
        inFilter = histogram(values, grid, bus.inFilter),
        chosen = histogram(values, grid, bus.scope);
      const rows = Array.from(totals, (count, bin) => [
        grid.low + bin * grid.width,
        grid.low + (bin + 1) * grid.width,
        count,
        inFilter[bin],
        chosen[bin],
      ]);
      return save(csv(["from", "to", "all", "filtered", "in scope"], rows), name);
    }
    return save(
      format === "png" ? await svgToPng(svg, look.background) : new XMLSerializer().serializeToString(svg),
      name,
    );
  }
}
