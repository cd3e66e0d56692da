// @ts-check
// The linked histogram: all, filtered and selected one inside the other; dragging selects a range.

import { csv } from "../shared/cells.js";
import { h, s, save, select, svgToPng } from "../shared/dom.js";
import { listen } from "../shared/drag.js";
import { countedHere } from "./crowd.js";
import { histogram, short, ticks, titled, whole } from "../shared/numbers.js";
import { clauses } from "../shared/rules.js";
import { brushed, isSkewed, scaleOf } from "./scale.js";

const MARGIN = { l: 58, r: 14, t: 8, b: 20 };
const TITLE_PX = 16;

/** Draw into `host`. Returns {draw(view, look), download(format), end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeHistogram(bus, host, look) {
  const area = h("div", { class: "hem-histogram" }),
    choice = h("span"),
    readout = h("div", { class: "hem-readout hem-muted" });
  const log = h(
    "button",
    { class: "hem-button hem-log", title: "logarithmic counts", onclick: () => bus.setView({ log: !isLog() }) },
    "log counts",
  );
  host.replaceChildren(
    h("div", { class: "hem-below-head" }, h("span", { class: "hem-muted" }, "distribution of"), choice, log, readout),
    area,
  );
  let view = null,
    scale = null,
    placed = null,
    totals = null,
    total = 0,
    counted = null, // [all, filtered, in scope]
    turn = 0,
    scales = null,
    brush = null,
    before = null;
  const name = () => view.distribution;
  const ends = [bus.on("state", recount), dragging()];
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
    const isNew = view?.distribution !== next.distribution;
    view = { ...next };
    if (isNew || !scale) {
      const column = bus.column(name()) ?? bus.described[name()];
      scale = scaleOf(column);
      placed = column.values ? scale.place(column.values) : null;
      counted = placed ? null : [[], [], []];
      take(placed ? histogram(placed, scale.grid) : []);
      choice.replaceChildren(
        select(
          Object.entries(bus.described)
            .filter(([, one]) => one.kind === "number")
            .map(([key, one]) => [key, one.title]),
          name(),
          (distribution) => bus.setView({ distribution }),
          "distribution of",
        ),
      );
    }
    recount();
  }

  function take(found) {
    totals = found;
    total = totals.reduce((sum, count) => sum + count, 0);
  }

  /** Count what filter and selection leave; of a column that is not here the server counts. */
  async function recount() {
    const mine = ++turn;
    if (!view || !scale) return;
    if (!placed) {
      const found = await bus.countsOf(name(), scale).catch((error) => bus.say({ error: error.message }));
      if (mine !== turn || !found) return;
      counted = found;
      take(found[0]);
    }
    redraw();
  }

  function redraw() {
    if (!view || !scale || area.clientWidth < 80) return;
    log.classList.toggle("is-on", isLog());
    log.setAttribute("aria-pressed", String(isLog()));
    const picture = drawing(area.clientWidth, area.clientHeight, 0);
    area.replaceChildren(picture);
    host.dataset.distribution = name();
  }

  /** The reader's choice, else logarithmic where one bar would press all the others flat. */
  function isLog() {
    return view.log ?? isSkewed(totals);
  }

  /** The histogram as an SVG element; `room` is what its foot has for a title, 0 for none. */
  function drawing(width, height, room) {
    const { grid, value } = scale,
      foot = MARGIN.b + room,
      [, filtered, inScope] = placed ? countedHere(bus, placed, grid, totals) : counted;
    const isNarrowed = bus.selected || bus.picks.size;
    const most = Math.max(1, ...totals),
      across = width - MARGIN.l - MARGIN.r;
    const show = isLog() ? (count) => Math.log1p(count) / Math.log1p(most) : (count) => count / most;
    scales = {
      x: (at) => MARGIN.l + ((at - grid.low) / (grid.high - grid.low)) * across,
      value: (x) => grid.low + ((x - MARGIN.l) / across) * (grid.high - grid.low),
      y: (count) => height - foot - show(count) * (height - MARGIN.t - foot),
    };
    const layers = [
      [totals, look.out],
      [filtered, look.bars],
    ];
    if (isNarrowed) layers.push([inScope, look.accent]);
    const svg = s("svg", {
      width,
      height,
      xmlns: "http://www.w3.org/2000/svg",
      "font-family": look.font,
      role: "img",
      "aria-label": `Histogram of ${bus.title(name())}`,
    });
    svg.append(
      ...yAxis(most, width),
      ...layers.map(([counts, colour]) => bars(counts, colour)),
      ...xAxis(height - foot, width, value, room),
      brushMark(height - foot),
    );
    return svg;
  }

  function bars(counts, colour) {
    const { grid } = scale,
      base = scales.y(0);
    let path = "";
    for (let bin = 0; bin < grid.count; bin++) {
      if (!counts[bin]) continue;
      const left = scales.x(grid.low + bin * grid.width),
        right = scales.x(grid.low + (bin + 1) * grid.width);
      const top = Math.min(scales.y(counts[bin]), base - 1);
      path += `M${(left + 0.5).toFixed(1)} ${base}V${top.toFixed(1)}H${(right - 0.5).toFixed(1)}V${base}Z`;
    }
    return s("path", { d: path, fill: colour });
  }

  function xAxis(base, width, value, room) {
    const { grid, isLog } = scale;
    const steps = isLog
      ? ticks(Math.ceil(grid.low), Math.floor(grid.high), width / 90).filter(Number.isInteger)
      : ticks(grid.low, grid.high, width / 90);
    const marks = steps.map((at) => text(scales.x(at), base + 14, short(Number(value(at).toPrecision(6))), "middle"));
    const line = s("line", {
      x1: MARGIN.l,
      x2: width - MARGIN.r,
      y1: base + 0.5,
      y2: base + 0.5,
      stroke: look.muted,
      "stroke-opacity": 0.4,
    });
    const title = room
      ? [text((MARGIN.l + width - MARGIN.r) / 2, base + MARGIN.b + room - 7, heading(), "middle", 12)]
      : [];
    return [line, ...marks, ...title];
  }

  function heading() {
    const { title, unit } = bus.described[name()];
    return `${titled(title, unit)}${scale.isLog ? ", log axis" : ""}`;
  }

  function yAxis(most, width) {
    const values = isLog()
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

  function brushMark(base) {
    const { grid, isLog } = scale,
      place = (value) => (isLog ? Math.log10(Math.max(value, 10 ** grid.low)) : value);
    const clause = clauses(bus.selection).find((one) => one.column === name() && ("min" in one || "max" in one));
    const range =
      brush ??
      (clause && [
        clause.min == null ? grid.low : place(clause.min),
        clause.max == null ? grid.high : place(clause.max),
      ]);
    if (!range) return s("g");
    const left = scales.x(Math.max(grid.low, Math.min(...range))),
      right = scales.x(Math.min(grid.high, Math.max(...range)));
    return s("rect", {
      x: left,
      width: Math.max(1, right - left),
      y: MARGIN.t,
      height: base - MARGIN.t,
      fill: look.accent,
      "fill-opacity": 0.1,
      stroke: look.accent,
      "stroke-dasharray": "4 3",
    });
  }

  function dragging() {
    let waiting = 0;
    const at = (x) => scales.value(Math.max(MARGIN.l, Math.min(area.clientWidth - MARGIN.r, x)));
    const range = () => brushed(name(), scale, ...brush);
    const stop = listen(area, {
      hover: ({ x }) => scales && say(at(x)),
      leave: () => {
        readout.textContent = "";
      },
      drag(points, [from]) {
        if (!scales) return;
        before ??= bus.selection;
        brush = [at(from), at(points.at(-1)[0])];
        waiting ||= requestAnimationFrame(() => {
          waiting = 0;
          if (brush) bus.set({ selection: { all: [range()] } }, "drag");
        });
      },
      end() {
        if (!brush) return;
        const clause = range();
        brush = before = null;
        bus.set({ selection: { all: [clause] } });
      },
      cancel() {
        if (!brush) return;
        const selection = before;
        brush = before = null;
        bus.set({ selection });
      },
      click: () => bus.selected && bus.set({ selection: { all: [] } }),
    });
    return () => {
      stop();
      cancelAnimationFrame(waiting);
    };
  }

  function say(at) {
    const bin = Math.max(0, Math.min(scale.grid.count - 1, Math.floor((at - scale.grid.low) / scale.grid.width))),
      [from, to] = endsOf(bin).map((one) => short(Number(one.toPrecision(6))));
    readout.textContent = `${from} to ${to}: ${whole(totals[bin])} of ${whole(total)}`;
  }

  /** The values between which a bin lies; the first bin of a logarithmic axis begins at 0. */
  function endsOf(bin) {
    const { grid, isLog, value } = scale;
    return [isLog && bin === 0 ? 0 : value(grid.low + bin * grid.width), value(grid.low + (bin + 1) * grid.width)];
  }

  async function download(format) {
    const file = `${bus.run}-${name()}-histogram.${format}`;
    if (format === "csv") {
      const [, inFilter, chosen] = placed ? countedHere(bus, placed, scale.grid, totals) : counted;
      const rows = Array.from(totals, (count, bin) => [...endsOf(bin), count, inFilter[bin], chosen[bin]]);
      return save(csv([`${name()} from`, "to", "all", "filtered", "in scope"], rows), file);
    }
    const picture = drawing(area.clientWidth, area.clientHeight + TITLE_PX, TITLE_PX);
    redraw();
    return save(
      format === "png" ? await svgToPng(picture, look.background) : new XMLSerializer().serializeToString(picture),
      file,
    );
  }
}
