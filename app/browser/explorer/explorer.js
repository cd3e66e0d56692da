// @ts-check
// Explore: filters | map, matrix, histogram | gallery, and the action bar; all on one bus.

import { makeActions } from "./actions.js";
import { openBus } from "./bus.js";
import { pageClient } from "../shared/client.js";
import { theme } from "../shared/colours.js";
import { chips } from "./chips.js";
import { makeCourier } from "../shared/courier.js";
import { h, renew, save } from "../shared/dom.js";
import { makeFilters } from "./filters.js";
import { makeGallery } from "./gallery.js";
import { makeHistogram } from "./histogram.js";
import { makeMap } from "./map.js";
import { makeMatrix } from "./matrix.js";
import { isComing, lack } from "./missing.js";
import { whenRemoved } from "../shared/mount.js";
import { short } from "../shared/numbers.js";
import { clauses, describe, fitted } from "../shared/rules.js";
import { controls, legend, MODES, switcher, tools } from "./toolbar.js";
import { changedSince, columnsOf, neededColumns, usable, usualView } from "./view.js";

let skeleton = null;
const places = new WeakMap();

/** Entry of the component: called at the mount and whenever Python's data or the theme change.
 *  component.client: the page's, unless another shell brings its own. */
export default function explorer(component) {
  const { parentElement, data, client = pageClient() } = component;
  const before = places.get(parentElement);
  if (before && before.key === keyOf(data)) before.update(component);
  else {
    before?.end();
    places.set(parentElement, mount(component, client));
  }
  return whenRemoved(parentElement, () => {
    places.get(parentElement)?.end();
    places.delete(parentElement);
  });
}

/** What one mounted page is about: another run or level gets a page of its own. */
function keyOf(data) {
  return `${data.run} ${data.level} ${data.fingerprint}`;
}

function mount(first, client) {
  let component = first,
    data = first.data,
    look = null,
    view = null,
    usual = usualView(),
    isGone = false,
    going = null;
  const root = h("div", { class: "hem-explorer" }),
    bones = takeSkeleton(first.parentElement);
  first.parentElement.append(root);
  const bus = openBus(client, data);
  const slots = Object.fromEntries(
    ["filters", "stage", "gallery", "actions"].map((name) => [
      name,
      h("section", { class: `hem-${name}`, "aria-label": name }),
    ]),
  );
  const bar = (name, role) => h("div", { class: `hem-${name}`, role });
  const bars = {
    switcher: bar("segments", "tablist"),
    controls: bar("controls"),
    tools: bar("tools"),
    chips: bar("chips"),
    legend: bar("legend"),
  };
  const figure = bar("figure-place"),
    below = bar("below"),
    space = () => bar("space");
  slots.stage.append(
    h("div", { class: "hem-bar" }, bars.switcher, space(), bars.tools),
    h("div", { class: "hem-bar hem-bar-2" }, bars.controls, space(), bars.legend),
    bars.chips,
    figure,
    below,
  );
  root.append(...Object.values(slots), bones);
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
  const courier = makeCourier((message) => component.setStateValue("state", message), { isBusy });
  courier.acknowledge(data.sequence);
  const ends = [bus.on("state", state), bus.on("view", viewed), bus.on("said", busy)];
  const poll = setInterval(() => document.visibilityState === "visible" && bus.look().catch(() => {}), 5000);
  const focus = () => bus.look().catch(() => {});
  window.addEventListener("focus", focus);
  agree();
  start().catch((error) =>
    root.replaceChildren(h("div", { class: "hem-empty" }, h("p", {}, `Explore could not start: ${error.message}`))),
  );
  return { key: keyOf(data), update, end };

  function end() {
    isGone = true;
    fitting.disconnect();
    clearInterval(poll);
    courier.end();
    window.removeEventListener("focus", focus);
    for (const part of [map, matrix, histogram, gallery, filters, actions]) part?.end();
    ends.forEach((one) => one());
    root.remove();
  }

  async function start() {
    look = theme(root);
    root.classList.toggle("is-dark", look.isDark);
    await bus.describe();
    const mode = MODES.map(([name]) => name).find((name) => isComing(bus, data.missing, name));
    usual = usualView(data.distribution, mode);
    view = bus.view = usable({ ...usual, ...data.view }, usual, bus.described, data.missing);
    actions = makeActions(bus, slots.actions, {
      makeSet: () => leave("set", bus.counts.scope),
      download: scopeCsv,
    });
    await Promise.all([bus.load(neededColumns(view, bus.described)), bus.tags().catch(() => {})]);
    if (isGone) return;
    filters = makeFilters(bus, slots.filters, look);
    gallery = makeGallery(bus, slots.gallery, open);
    histogram = makeHistogram(bus, below, look);
    await adopt();
    await draw();
    if (isGone) return;
    bones.remove();
    const skipped = Object.entries(bus.skipped).map(([name, why]) => `column ${name}: ${why}`);
    if (skipped.length) bus.say({ error: `Not shown: ${skipped.join("; ")}` });
    root.dataset.ready = "true";
  }

  /** Python's answer: a fresh token, the counts it agrees on; its rules only when the page has not moved on. */
  function update(next) {
    const before = data;
    component = next;
    data = next.data;
    client.renew(data);
    courier.acknowledge(data.sequence);
    if (courier.isSettled()) {
      going = null;
      agree();
      // Same number, other rules: the address was changed (back, edited), not the page; unless it just moved on.
      const isOther = ["filter", "selection", "view"].some(
        (one) => JSON.stringify(data[one]) !== JSON.stringify(before[one]),
      );
      if (isOther && data.sequence === before.sequence && !bus.pending && view) {
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
    const [filter, selection] = [fitted(data.filter, bus.described), fitted(data.selection, bus.described)],
      dropped = [...filter.dropped, ...selection.dropped];
    await bus.load([...clauses(filter.rule), ...clauses(selection.rule)].flatMap(columnsOf));
    await bus.set({ filter: filter.rule, selection: selection.rule }, "python");
    if (!dropped.length) return;
    const words = dropped.map((clause) => describe(clause, (name) => bus.title(name), short)).join("; ");
    bus.say({ error: `Removed from the filters, because this run has no such column or value: ${words}` });
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
    view = usable(bus.view, usual, bus.described, data.missing);
    await bus.load(neededColumns(view, bus.described));
    if (isGone) return;
    await draw(change);
    if (origin === "page") tell();
  }

  // The page itself never waits for Python.
  function tell() {
    courier.put(message());
  }

  function message() {
    const [filter, selection] = told();
    return { run: data.run, level: data.level, filter, selection, view: changedSince(usual, view), go: going };
  }

  /** Ask Python to go elsewhere: part of the state, so that it is repeated until it has been followed. */
  function leave(name, value) {
    going = { name, value, id: `${Date.now()}-${Math.random()}` };
    courier.now(message());
  }

  async function draw(change = {}) {
    if (Object.keys(change).join() === "tile") return gallery.draw(view);
    drawStage();
    renew(bars.switcher, [view.mode], () => switcher(bus, view, data.missing));
    renew(bars.controls, [view.mode, view.x, view.y, view.colour, view.order, view.rates], () => controls(bus, view));
    const colour = map?.colouring();
    renew(bars.legend, colour && [colour.name, colour.colours, colour.low, colour.high], () => legend(colour));
    drawTools();
    drawChips();
    slots.stage.classList.toggle("is-matrix", view.mode === "matrix");
    histogram.draw(view, look);
    gallery.draw(view);
    await filters.draw(view, look);
  }

  function drawStage() {
    const lacking = lack(bus, data.missing, view.mode);
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
      matrix ??= makeMatrix(bus, figure, look, data.classes, data.none);
      matrix.draw(view, look);
    } else {
      matrix?.end();
      matrix = null;
      map ??= makeMap(bus, figure, look, open);
      map.draw(view, look);
      map.tool(tool);
    }
  }

  function drawTools() {
    const choose = (name) => {
      tool = name;
      map.tool(name);
      drawTools();
    };
    const lacking = lack(bus, data.missing, view.mode),
      parts = () => ({ map, matrix, histogram });
    renew(bars.tools, [view.mode, view.hide, tool, Boolean(lacking)], () =>
      tools(bus, view, { parts, lacking, tool, choose }),
    );
  }

  function drawChips() {
    const mode = view && !lack(bus, data.missing, view.mode) ? view.mode : null;
    renew(bars.chips, [bus.filter, bus.selection, bus.counts.selected, bus.picks.size, mode], () => chips(bus, mode));
  }

  function busy() {
    root.classList.toggle("is-busy", bus.pending > 0);
  }

  function open(row) {
    bus
      .idsOf([row])
      .then(([id]) => leave("open", id))
      .catch((error) => bus.say({ error: error.message }));
  }

  async function scopeCsv() {
    const text = await bus.csv().catch((error) => bus.say({ error: error.message }));
    if (text) save(text, `${bus.run}.csv`);
  }
}

/** Python's placeholder of the first load, kept for the loads after it; laid over the explorer until that has drawn. */
function takeSkeleton(parent) {
  const found = parent.querySelector(":scope .hem-skeleton");
  if (found) skeleton = found.cloneNode(true);
  found?.remove();
  return skeleton?.cloneNode(true) ?? h("div", { class: "hem-skeleton" });
}

/** Does Streamlit run the script? Then an answer is still to come. */
function isBusy() {
  return document.querySelector("[data-test-script-state]")?.getAttribute("data-test-script-state") === "running";
}
