// Explore: filters | map, matrix, histogram | gallery, and the action bar; all on one bus.

import { makeActions } from "./actions.js";
import { openBus } from "./bus.js";
import { theme } from "./colours.js";
import { h, icon, menu, save, select } from "./dom.js";
import { makeFilters } from "./filters.js";
import { makeGallery } from "./gallery.js";
import { makeHistogram } from "./histogram.js";
import { axesOf, makeMap } from "./map.js";
import { makeMatrix } from "./matrix.js";
import { plural, short, whole } from "./numbers.js";
import { clauses, describe } from "./rules.js";

const MODES = [
  ["data", "Data map"],
  ["embedding", "Embedding map"],
  ["scores", "Score against score"],
  ["matrix", "Confusion matrix"],
];
const USUAL = {
  mode: "data",
  colour: "difficulty",
  score: "difficulty",
  x: "loss",
  y: "neighbour_disagreement",
  tile: 96,
  ascending: false,
  hide: false,
  log: false,
  order: "class",
  rates: false,
  whole: false,
  ranges: [],
};
const places = new WeakMap();

/** Entry of the component: called at the mount and whenever Python's data or the theme change. */
export default function explorer(component) {
  const { parentElement, data } = component;
  const before = places.get(parentElement);
  if (before && before.key === `${data.run} ${data.fingerprint}`) before.update(component);
  else {
    before?.end();
    places.set(parentElement, mount(component));
  }
  return () => {
    places.get(parentElement)?.end();
    places.delete(parentElement);
  };
}

function mount(first) {
  let component = first,
    data = first.data,
    look = null,
    sent = 0,
    view = null,
    usual = USUAL,
    isGone = false,
    timer = 0;
  const root = h("div", { class: "hem-explorer" });
  first.parentElement.append(root);
  const bus = openBus(data);
  const slots = Object.fromEntries(
    ["filters", "stage", "gallery", "actions"].map((name) => [
      name,
      h("section", { class: `hem-${name}`, "aria-label": name }),
    ]),
  );
  const switcher = h("div", { class: "hem-segments", role: "tablist" }),
    controls = h("div", { class: "hem-controls" }),
    tools = h("div", { class: "hem-tools" });
  const chips = h("div", { class: "hem-chips" }),
    legend = h("div", { class: "hem-legend" }),
    figure = h("div", { class: "hem-figure-place" }),
    below = h("div", { class: "hem-below" });
  slots.stage.append(
    h("div", { class: "hem-bar" }, switcher, h("span", { class: "hem-space" }), tools),
    h("div", { class: "hem-bar hem-bar-2" }, controls, h("span", { class: "hem-space" }), legend),
    chips,
    figure,
    below,
  );
  root.append(...Object.values(slots));
  let map = null,
    matrix = null,
    histogram = null,
    gallery = null,
    filters = null,
    actions = null,
    tool = "lasso";
  const fit = () => {
    root.style.height = `${Math.max(560, window.innerHeight - root.getBoundingClientRect().top - 12)}px`;
  };
  const fitting = new ResizeObserver(fit);
  fitting.observe(document.body);
  const ends = [bus.on("state", state), bus.on("view", viewed), bus.on("said", busy)];
  const poll = setInterval(() => document.visibilityState === "visible" && bus.look().catch(() => {}), 5000);
  const focus = () => bus.look().catch(() => {});
  window.addEventListener("focus", focus);
  agree();
  start().catch((error) =>
    root.replaceChildren(h("div", { class: "hem-empty" }, h("p", {}, `Explore could not start: ${error.message}`))),
  );
  return { key: `${data.run} ${data.fingerprint}`, update, end };

  function end() {
    isGone = true;
    fitting.disconnect();
    clearInterval(poll);
    clearTimeout(timer);
    window.removeEventListener("focus", focus);
    for (const part of [map, matrix, histogram, gallery, filters, actions]) part?.end();
    ends.forEach((one) => one());
    root.remove();
  }

  async function start() {
    look = theme(root);
    root.classList.toggle("is-dark", look.isDark);
    root.classList.add("is-loading");
    await bus.describe();
    usual = { ...USUAL, mode: MODES.map(([mode]) => mode).find((mode) => !lack(mode)) ?? "matrix" };
    view = bus.view = usable({ ...usual, ...data.view });
    actions = makeActions(bus, slots.actions, {
      makeSet: () => leave("set", { count: bus.counts.scope }),
      download: scopeCsv,
    });
    await Promise.all([bus.load(needed()), bus.tags().catch(() => {})]);
    if (isGone) return;
    filters = makeFilters(bus, slots.filters, look);
    gallery = makeGallery(bus, slots.gallery, open);
    histogram = makeHistogram(bus, below, look);
    await adopt();
    root.classList.remove("is-loading");
    await draw();
    root.dataset.ready = "true";
  }

  /** Python's answer: a fresh token, the counts it agrees on; its rules only when the page has not moved on. */
  function update(next) {
    const before = data;
    component = next;
    data = next.data;
    bus.token = data.token;
    bus.person = data.person;
    if (data.sequence >= sent) {
      agree();
      // Same number, other rules: the address was changed (back, edited), not the page; unless it just moved on.
      const isOther = ["filter", "selection", "view"].some(
        (one) => JSON.stringify(data[one]) !== JSON.stringify(before[one]),
      );
      if (isOther && data.sequence === before.sequence && !timer && !bus.pending && view) {
        bus.setView({ ...usual, ...data.view }, "python");
        adopt();
      }
    }
    const fresh = theme(root);
    if (look && JSON.stringify(fresh) !== JSON.stringify(look)) {
      look = fresh;
      root.classList.toggle("is-dark", look.isDark);
      if (view) draw();
    }
  }

  function agree() {
    Object.assign(root.dataset, { count: data.count, agreed: data.sequence });
  }

  async function adopt() {
    const filter = data.filter ?? { all: [] },
      selection = data.selection ?? { all: [] };
    await bus.load([...clauses(filter), ...clauses(selection)].flatMap(columnsOf));
    await bus.set({ filter, selection }, "python");
  }

  function told() {
    const selection = bus.picks.size ? bus.scopeRule() : bus.selection;
    return [bus.filter, selection];
  }

  function state(origin) {
    root.dataset.filtered = bus.counts.filter;
    root.dataset.selected = bus.counts.selected;
    root.dataset.scope = bus.counts.scope;
    drawChips();
    if (origin === "page") tell();
  }

  async function viewed({ change, origin }) {
    view = usable(bus.view);
    await bus.load(needed());
    if (isGone) return;
    await draw(change);
    if (origin === "page") tell();
  }

  // One message after the hand has come to rest; the page itself never waits for it.
  function tell() {
    clearTimeout(timer);
    timer = setTimeout(send, 60);
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    const [filter, selection] = told();
    const changed = Object.fromEntries(
      Object.entries(view).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name])),
    );
    sent = Math.max(sent, data.sequence ?? 0) + 1;
    component.setStateValue("state", { filter, selection, view: changed, sequence: sent });
  }

  /** Tell Python to go elsewhere; what it has not heard yet goes first. */
  function leave(name, value) {
    if (timer) send();
    component.setTriggerValue(name, value);
  }

  function usable(wanted) {
    const known = (name, otherwise) => (bus.described[name] ? name : otherwise);
    const scores = Object.keys(bus.described).filter((name) => bus.described[name].is_score);
    return {
      ...wanted,
      mode: MODES.some(([name]) => name === wanted.mode) ? wanted.mode : usual.mode,
      colour: known(wanted.colour, scores[0]),
      score: known(wanted.score, scores[0]),
      x: known(wanted.x, scores[0]),
      y: known(wanted.y, scores[1] ?? scores[0]),
      tile: Math.max(56, Math.min(160, wanted.tile)),
    };
  }

  function needed() {
    const axes = axesOf(view);
    return [
      ...new Set([
        "label",
        "predicted",
        "is_correct",
        "reason",
        view.score,
        view.colour,
        ...(view.mode === "matrix" ? [] : [axes.x, axes.y]),
      ]),
    ].filter((name) => bus.described[name]);
  }

  async function draw(change = {}) {
    if (Object.keys(change).join() === "tile") return gallery.draw(view);
    drawSwitcher();
    drawControls();
    drawTools();
    drawStage(change);
    drawLegend();
    drawChips();
    slots.stage.classList.toggle("is-matrix", view.mode === "matrix");
    histogram.draw(view, look);
    gallery.draw(view);
    await filters.draw(view, look);
  }

  function drawStage() {
    const lacking = lack();
    if (lacking) {
      map?.end();
      matrix?.end();
      map = matrix = null;
      figure.replaceChildren(
        h("div", { class: "hem-empty" }, h("p", {}, lacking.title), h("p", { class: "hem-muted" }, lacking.why)),
      );
    } else if (view.mode === "matrix") {
      map?.end();
      map = null;
      matrix ??= makeMatrix(bus, figure, look, data.classes);
      matrix.draw(view, look);
    } else {
      matrix?.end();
      matrix = null;
      map ??= makeMap(bus, figure, look, open);
      map.draw(view, look);
      map.tool(tool);
    }
  }

  /** Why a kind of map cannot be drawn, and the way to get it; null when it can. */
  function lack(mode = view.mode) {
    const missing = data.missing ?? {},
      why = (...names) => names.map((name) => missing[name]).find(Boolean);
    const has = (...names) => names.every((name) => bus.described[name]);
    if (mode === "data" && !has("confidence_mean", "variability")) {
      return {
        title: "No data map: this run has no training dynamics.",
        why:
          why("dynamics", "confidence_mean") ??
          "Record them with hem_core.Recorder while training, then score with --dynamics.",
      };
    }
    if (mode === "embedding" && !has("x", "y")) {
      return {
        title: "No embedding map: this run has no projection.",
        why: why("projection", "embeddings") ?? "Score again with embeddings.",
      };
    }
    if (mode === "matrix" && !has("label", "predicted"))
      return { title: "No confusion matrix: there are no labels.", why: why("labels") ?? "" };
    return null;
  }

  function drawSwitcher() {
    switcher.replaceChildren(
      ...MODES.map(([mode, text]) =>
        h(
          "button",
          {
            role: "tab",
            "aria-selected": String(view.mode === mode),
            class: view.mode === mode ? "is-on" : "",
            onclick: () => bus.setView({ mode }),
          },
          text,
        ),
      ),
    );
  }

  function drawControls() {
    const scores = options((one) => one.is_score),
      numbers = options((one) => one.kind === "number" && !one.is_score);
    const named = options((one) => one.kind !== "number" && one.names.length > 1 && one.names.length < 200);
    const axis = (name) =>
      select(
        [
          { group: "Scores", options: scores },
          { group: "Columns", options: numbers },
        ],
        view[name],
        (value) => bus.setView({ [name]: value }),
        `${name} axis`,
      );
    const parts = [];
    if (view.mode === "scores") parts.push(labelled("x", axis("x")), labelled("y", axis("y")));
    if (view.mode === "matrix") {
      parts.push(
        labelled(
          "order",
          select(
            [
              ["class", "as given"],
              ["support", "support"],
              ["error", "error rate"],
              ["name", "name"],
            ],
            view.order,
            (order) => bus.setView({ order }),
            "order of the classes",
          ),
        ),
      );
      parts.push(
        labelled(
          "show",
          select(
            [
              ["", "counts"],
              ["1", "share of given"],
            ],
            view.rates ? "1" : "",
            (rates) => bus.setView({ rates: rates === "1" }),
            "what the cells show",
          ),
        ),
      );
    } else {
      parts.push(
        labelled(
          "colour",
          select(
            [
              { group: "Scores", options: scores },
              { group: "Categories", options: named },
              { group: "Columns", options: numbers },
            ],
            view.colour,
            (colour) => bus.setView({ colour }),
            "colour",
          ),
        ),
      );
    }
    controls.replaceChildren(...parts);
  }

  function options(isWanted) {
    return Object.entries(bus.described)
      .filter(([, one]) => isWanted(one))
      .map(([name, one]) => [name, one.title]);
  }

  function labelled(text, control) {
    return h("label", { class: "hem-labelled" }, h("span", { class: "hem-muted" }, text), control);
  }

  function drawTools() {
    const files = (target) =>
      ["png", "svg", "csv"].map((format) => [
        `${target()[0]} as ${format.toUpperCase()}`,
        () =>
          target()[1]
            .download(format)
            .catch((error) => bus.say({ error: error.message })),
      ]);
    const main = () => (view.mode === "matrix" ? ["Matrix", matrix] : ["Map", map]);
    const entries = [...(lack() ? [] : files(main)), ...files(() => ["Histogram", histogram])];
    const buttons = [];
    if (view.mode !== "matrix" && !lack()) {
      for (const [name, label] of [
        ["lasso", "lasso (drag; Shift narrows)"],
        ["box", "box"],
        ["pan", "move"],
      ]) {
        buttons.push(
          h(
            "button",
            {
              class: tool === name ? "hem-tool is-on" : "hem-tool",
              title: label,
              "aria-label": label,
              "aria-pressed": String(tool === name),
              "data-tool": name,
              onclick: () => {
                tool = name;
                map.tool(name);
                drawTools();
              },
            },
            icon(name),
          ),
        );
      }
      buttons.push(
        h("span", { class: "hem-divider" }),
        button("plus", "zoom in", () => map.zoom(0.7)),
        button("minus", "zoom out", () => map.zoom(1.4)),
        button("reset", "show everything", () => map.fit()),
        h("span", { class: "hem-divider" }),
        h(
          "button",
          {
            class: view.hide ? "hem-tool is-on" : "hem-tool",
            title: view.hide ? "filtered-out points are hidden" : "hide filtered-out points",
            "aria-label": "hide filtered-out points",
            "aria-pressed": String(view.hide),
            onclick: () => bus.setView({ hide: !view.hide }),
          },
          icon(view.hide ? "noeye" : "eye"),
        ),
      );
    }
    tools.replaceChildren(...buttons, menu(icon("download"), "download", entries));
  }

  function button(name, label, action) {
    return h("button", { class: "hem-tool", title: label, "aria-label": label, onclick: action }, icon(name));
  }

  function drawLegend() {
    const colour = map?.colouring();
    if (!colour) return legend.replaceChildren();
    if (colour.kind === "number") {
      const ends = [
        `${colour.isCut ? "≤ " : ""}${short(colour.low)}`,
        `${colour.isCut ? "≥ " : ""}${short(colour.high)}`,
      ];
      return legend.replaceChildren(
        h("span", { class: "hem-muted" }, ends[0]),
        h("span", {
          class: "hem-ramp",
          title: colour.title,
          style: { background: `linear-gradient(90deg, ${steps(colour.colours)})` },
        }),
        h("span", { class: "hem-muted" }, ends[1]),
        h("span", { class: "hem-legend-title" }, colour.unit || colour.title),
      );
    }
    const shown = (name) => (colour.name === "is_correct" ? (name === "true" ? "correct" : "wrong") : name);
    const items = [...colour.names, ...(colour.hasOther ? ["other"] : [])].map((name, at) =>
      h(
        "span",
        { class: "hem-key", title: shown(name) },
        h("i", { style: { background: colour.colours[at] } }),
        shown(name),
      ),
    );
    return legend.replaceChildren(...items);
  }

  function drawChips() {
    const titles = (name) => (name === "is_correct" ? "correct" : bus.title(name)),
      words = (clause) => describe(clause, titles, short);
    const list = clauses(bus.filter).map((clause, at) =>
      chip("filter", "filter", words(clause), () =>
        bus.set({ filter: { all: clauses(bus.filter).filter((_, k) => k !== at) } }),
      ),
    );
    if (bus.selected) {
      const text = `${clauses(bus.selection).map(words).join(" · ")}: ${whole(bus.counts.selected)}`;
      const keep = h(
        "button",
        {
          class: "hem-chip-action",
          title: "make this selection a filter",
          onclick: () =>
            bus.set({ filter: { all: [...clauses(bus.filter), ...clauses(bus.selection)] }, selection: { all: [] } }),
        },
        "keep as filter",
      );
      list.push(chip("selection", "lasso", text, () => bus.set({ selection: { all: [] } }), keep));
    }
    if (bus.picks.size)
      list.push(
        chip("picks", "check", `${plural(bus.picks.size, "example")} picked`, () => bus.set({ picks: new Set() })),
      );
    if (list.length > 1)
      list.push(
        h(
          "button",
          { class: "hem-link", onclick: () => bus.set({ filter: { all: [] }, selection: { all: [] } }) },
          "clear all",
        ),
      );
    if (!list.length) list.push(h("span", { class: "hem-muted" }, hint()));
    chips.replaceChildren(...list);
  }

  function hint() {
    if (!view || lack()) return "Drag a range on the histogram to select.";
    return view.mode === "matrix"
      ? "Click a cell or a class name to select its examples."
      : "Drag a lasso on the map, or a range on the histogram.";
  }

  function chip(name, symbol, text, remove, more) {
    return h(
      "span",
      { class: `hem-chip is-${name}`, title: text },
      icon(symbol),
      h("span", { class: "hem-chip-text" }, text),
      more,
      h(
        "button",
        { class: "hem-chip-close", "aria-label": `remove ${text}`, title: "remove", onclick: remove },
        icon("close"),
      ),
    );
  }

  function busy() {
    root.classList.toggle("is-busy", bus.pending > 0);
  }

  function open(row) {
    bus
      .idsOf([row])
      .then(([id]) => leave("open", { id }))
      .catch((error) => bus.say({ error: error.message }));
  }

  async function scopeCsv() {
    const text = await bus.csv().catch((error) => bus.say({ error: error.message }));
    if (text) save(text, `${bus.run}.csv`);
  }
}

function columnsOf(clause) {
  const inner = clause.not ?? clause;
  return inner.polygon
    ? [inner.polygon.x, inner.polygon.y]
    : (inner.column && inner.in) || (inner.column && !("contains" in inner))
      ? [inner.column]
      : [];
}

function steps(colours) {
  return colours
    .map((colour, at) => `${colour} ${(at / colours.length) * 100}% ${((at + 1) / colours.length) * 100}%`)
    .join(", ");
}
