// The confusion matrix: what was given against what was predicted, among the filtered examples.

import { exported, literal, plotly } from "./axes.js";
import { csv } from "./cells.js";
import { h, save } from "./dom.js";
import { plural, whole } from "./numbers.js";
import { clauses } from "./rules.js";

const MOST_CLASSES = 25;

// Room for the names: short ones stand, long ones lean.
function marginOf(classes) {
  const longest = Math.min(15, Math.max(...classes.map((name) => name.length)));
  return longest > 3 ? { l: 46 + 6.2 * longest, r: 18, t: 8, b: 52 + 4.2 * longest } : { l: 62, r: 18, t: 8, b: 52 };
}

/** Counts (K, K) of given × predicted among the rows of a mask; rows without a label are left out. */
export function confusions(given, predicted, mask, classes) {
  const size = classes.length,
    out = new Uint32Array(size * size);
  const place = (column) => column.names.map((name) => classes.indexOf(name));
  const givenAt = place(given),
    predictedAt = place(predicted);
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const a = givenAt[given.values[i]],
      b = predictedAt[predicted.values[i]];
    if (a >= 0 && b >= 0) out[a * size + b]++;
  }
  return out;
}

/** Draw into `host`. Returns {draw(view, look), download(format), end}. A cell or header click selects. */
export function makeMatrix(bus, host, look, classes) {
  const figure = h("div", { class: "hem-matrix" }),
    list = h("div", { class: "hem-confusions" }),
    readout = h("div", { class: "hem-readout hem-muted" });
  const plot = h("div", { class: "hem-matrix-plot" });
  figure.append(plot);
  host.replaceChildren(figure, list, readout);
  const margin = marginOf(classes),
    mark = h("div", { class: "hem-cell-mark", hidden: true });
  let view = null,
    order = [],
    counts = null,
    frame = 0;
  const ends = [
    bus.on("state", () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        redraw();
      });
    }),
  ];
  const watcher = new ResizeObserver(() => redraw());
  watcher.observe(figure);
  figure.addEventListener("click", click);
  figure.addEventListener("pointermove", (event) => {
    const found = cellAt(event);
    readout.textContent = found ? said(found) : "";
    figure.classList.toggle("is-over", Boolean(found));
  });
  figure.addEventListener("pointerleave", () => {
    readout.textContent = "";
  });
  return {
    draw,
    download,
    end() {
      ends.forEach((end) => end());
      watcher.disconnect();
      cancelAnimationFrame(frame);
      window.Plotly?.purge(plot);
    },
  };

  function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    view = { ...next };
    redraw();
  }

  async function redraw() {
    if (!view || !host.isConnected || host.clientWidth < 100) return;
    counts = confusions(bus.column("label"), bus.column("predicted"), bus.inFilter, classes);
    order = sorted();
    const isLarge = classes.length > MOST_CLASSES;
    figure.hidden = isLarge && !view.whole;
    list.hidden = !isLarge;
    if (isLarge) table();
    if (figure.hidden) return;
    const Plotly = await plotly();
    if (!host.isConnected) return;
    await Plotly.react(plot, traces(), layout(figure.clientWidth, figure.clientHeight), {
      staticPlot: true,
      displayModeBar: false,
    });
    figure.append(mark);
    outline();
    host.dataset.matrix = "drawn";
  }

  function sorted() {
    const size = classes.length,
      support = (k) => sum(k, (j) => counts[k * size + j]),
      right = (k) => counts[k * size + k];
    const key = { support, error: (k) => (support(k) ? 1 - right(k) / support(k) : -1) }[view.order];
    const all = classes.map((_, k) => k);
    if (view.order === "name") return all.sort((a, b) => classes[a].localeCompare(classes[b], "en", { numeric: true }));
    return key ? all.sort((a, b) => key(b) - key(a) || a - b) : all;
  }

  function sum(k, of) {
    return classes.reduce((total, _, j) => total + of(j), 0);
  }

  // Errors carry the colour; the diagonal is apart, in grey, so that it does not drown them.
  function traces() {
    const size = classes.length,
      total = order.map((k) => sum(k, (j) => counts[k * size + j]));
    const value = (a, b) => counts[order[a] * size + order[b]];
    const shown = (a, b) => (view.rates ? (total[a] ? value(a, b) / total[a] : 0) : value(a, b));
    const scaled = (a, b) => (view.rates ? shown(a, b) : Math.log10(value(a, b) + 1));
    const grid = (keep, of, otherwise = null) =>
      order.map((_, a) => order.map((__, b) => (keep(a, b) ? of(a, b) : otherwise)));
    const text = (a, b) => (value(a, b) === 0 ? "" : view.rates ? percent(shown(a, b)) : whole(value(a, b)));
    const isText = size <= MOST_CLASSES,
      names = order.map((_, k) => k);
    const base = {
      type: "heatmap",
      x: names,
      y: names,
      xgap: 1,
      ygap: 1,
      hoverinfo: "skip",
      texttemplate: isText ? "%{text}" : undefined,
      showscale: false,
    };
    const wrong = (a, b) => a !== b && value(a, b) > 0,
      right = (a, b) => a === b;
    const empty = look.isDark ? "rgba(255,255,255,.035)" : "rgba(20,26,40,.03)",
      top = look.isDark ? "#d4602a" : "#c2410c";
    const most = Math.max(1e-9, ...order.flatMap((_, a) => order.map((__, b) => (a === b ? 0 : scaled(a, b)))));
    const quiet = look.isDark ? ["#232a36", "#3d4a60"] : ["#f1f3f6", "#c9d2df"];
    return [
      {
        ...base,
        z: grid(
          (a, b) => a !== b && !wrong(a, b),
          () => 0,
        ),
        colorscale: [
          [0, empty],
          [1, empty],
        ],
        texttemplate: undefined,
      },
      {
        ...base,
        z: grid(wrong, scaled),
        zmin: 0,
        zmax: most,
        text: grid(wrong, text, ""),
        textfont: { size: 11 },
        colorscale: [
          [0, look.isDark ? "#3a2a20" : "#fdf1e7"],
          [0.5, look.isDark ? "#9a5227" : "#f3a66b"],
          [1, top],
        ],
      },
      {
        ...base,
        z: grid(right, scaled),
        zmin: 0,
        zmax: Math.max(1e-9, ...order.map((_, a) => scaled(a, a))),
        text: grid(right, text, ""),
        textfont: { size: 11, color: look.muted },
        colorscale: [
          [0, quiet[0]],
          [1, quiet[1]],
        ],
      },
    ];
  }

  function layout(width, height) {
    const names = order.map((k) => literal(cut(classes[k]))),
      at = order.map((_, k) => k);
    const axis = (title, more) => ({
      tickvals: at,
      ticktext: names,
      tickfont: { size: classes.length > 40 ? 9 : 11, color: look.text },
      showgrid: false,
      zeroline: false,
      ticks: "",
      title: { text: title, font: { size: 12, color: look.muted }, standoff: 8 },
      fixedrange: true,
      range: [-0.5, order.length - 0.5],
      ...more,
    });
    return {
      width,
      height,
      margin,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: look.font, color: look.text },
      xaxis: axis("predicted", { tickangle: classes.some((name) => name.length > 3) ? -45 : 0 }),
      yaxis: axis("given", { range: [order.length - 0.5, -0.5] }),
    };
  }

  function cellAt(event) {
    const box = figure.getBoundingClientRect(),
      size = order.length;
    const x = event.clientX - box.left - margin.l,
      y = event.clientY - box.top - margin.t;
    const width = box.width - margin.l - margin.r,
      height = box.height - margin.t - margin.b;
    const column = Math.floor((x / width) * size),
      row = Math.floor((y / height) * size);
    const isColumn = column >= 0 && column < size,
      isRow = row >= 0 && row < size;
    if (isRow && isColumn) return { given: order[row], predicted: order[column] };
    if (isRow && x < 0) return { given: order[row] };
    return isColumn && y > height ? { predicted: order[column] } : null;
  }

  // The selected cell, row or column, outlined.
  function outline() {
    const at = (name) => {
      const clause = clauses(bus.selection).find((one) => one.column === name && one.in?.length === 1);
      return clause ? order.indexOf(classes.indexOf(clause.in[0])) : -1;
    };
    const row = at("label"),
      column = at("predicted"),
      size = order.length;
    mark.hidden = (row < 0 && column < 0) || clauses(bus.selection).some((one) => !one.in);
    if (mark.hidden) return;
    const width = (figure.clientWidth - margin.l - margin.r) / size,
      height = (figure.clientHeight - margin.t - margin.b) / size;
    Object.assign(mark.style, {
      left: `${margin.l + Math.max(0, column) * width}px`,
      width: `${column < 0 ? width * size : width}px`,
      top: `${margin.t + Math.max(0, row) * height}px`,
      height: `${row < 0 ? height * size : height}px`,
    });
  }

  function said({ given, predicted }) {
    const size = classes.length;
    if (given === undefined)
      return `predicted ${classes[predicted]}: ${plural(
        sum(0, (j) => counts[j * size + predicted]),
        "example",
      )}`;
    const support = sum(0, (j) => counts[given * size + j]);
    if (predicted === undefined)
      return `given ${classes[given]}: ${plural(support, "example")}, ${percent(1 - counts[given * size + given] / Math.max(1, support))} wrong`;
    const here = counts[given * size + predicted];
    return `given ${classes[given]}, predicted ${classes[predicted]}: ${plural(here, "example")} (${percent(here / Math.max(1, support))} of given ${classes[given]})`;
  }

  function click(event) {
    const found = cellAt(event);
    if (found) choose(found);
  }

  function choose({ given, predicted }) {
    const wanted = [];
    if (given !== undefined) wanted.push({ column: "label", in: [classes[given]] });
    if (predicted !== undefined) wanted.push({ column: "predicted", in: [classes[predicted]] });
    const isSame = JSON.stringify(wanted) === JSON.stringify(clauses(bus.selection));
    bus.set({ selection: { all: isSame ? [] : wanted } });
  }

  function table() {
    const size = classes.length,
      found = [];
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++) if (a !== b && counts[a * size + b]) found.push([counts[a * size + b], a, b]);
    found.sort((p, q) => q[0] - p[0] || p[1] - q[1] || p[2] - q[2]);
    const rows = found
      .slice(0, 50)
      .map(([here, given, predicted]) =>
        h(
          "button",
          { class: "hem-confusion", onclick: () => choose({ given, predicted }) },
          h("span", {}, classes[given]),
          h("span", { class: "hem-muted" }, "→"),
          h("span", {}, classes[predicted]),
          h("span", { class: "hem-number" }, whole(here)),
          h("span", { class: "hem-muted hem-number" }, percent(here / sum(0, (j) => counts[given * size + j]))),
        ),
      );
    const toggle = h(
      "button",
      { class: "hem-button", onclick: () => bus.setView({ whole: !view.whole }) },
      view.whole ? "Hide the matrix" : `Show all ${size} × ${size}`,
    );
    list.replaceChildren(
      h(
        "div",
        { class: "hem-head hem-sub" },
        h("b", {}, "Top confusions"),
        h("span", { class: "hem-muted" }, " given → predicted, count, share of given"),
        h("span", { class: "hem-space" }),
        toggle,
      ),
      h("div", { class: "hem-confusion-rows" }, rows),
    );
  }

  async function download(format) {
    const size = classes.length,
      name = `${bus.run}-confusion.${format}`;
    if (format === "csv")
      return save(
        csv(
          ["given \\ predicted", ...order.map((k) => classes[k])],
          order.map((a) => [classes[a], ...order.map((b) => counts[a * size + b])]),
        ),
        name,
      );
    const figureLayout = {
      ...layout(900, 820),
      paper_bgcolor: look.background,
      margin: { ...margin, t: 48 },
      title: {
        text: `${literal(bus.run)}: confusions (${view.rates ? "share of given" : "counts"})`,
        font: { size: 14 },
      },
    };
    return save(await exported(traces(), figureLayout, format, 900, 820), name);
  }
}

function percent(share) {
  const value = share * 100;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

function cut(name) {
  return name.length > 15 ? `${name.slice(0, 14)}…` : name;
}
