// @ts-check
// Explore: filters | map, matrix, histogram | gallery, and the action bar; all on one bus.

import { makeActions } from "./actions.js";
import { makeAddress } from "./address.js";
import { openBus } from "./bus.js";
import { pageClient } from "../shared/client.js";
import { theme } from "../shared/colours.js";
import { chips } from "./chips.js";
import { drawnColumns, isDense } from "./colouring.js";
import { makeCourier } from "../shared/courier.js";
import { h, renew, save } from "../shared/dom.js";
import { makeDrawer } from "./drawer.js";
import { makeEnlarged } from "./enlarged.js";
import { makeFilters } from "./filters.js";
import { makeGallery } from "./gallery.js";
import { makeHistogram } from "./histogram.js";
import { makeMap } from "./map.js";
import { makeMatrix } from "./matrix.js";
import { makeTable } from "./table.js";
import { columnsMenu } from "./table_columns.js";
import { linkButton } from "./link.js";
import { legend, legendKey } from "./legend.js";
import { isComing, lack } from "./missing.js";
import { makePanes } from "./panes.js";
import { whenRemoved } from "../shared/mount.js";
import { epochOf, makeSlider } from "./replay.js";
import { short } from "../shared/numbers.js";
import { clauses, describe, fitted } from "../shared/rules.js";
import { controls, MODES, switcher, tools } from "./toolbar.js";
import { makeWhy } from "./why.js";
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
    going = null,
    isLooking = false;
  const root = h("div", { class: "hem-explorer" }),
    bones = takeSkeleton(first.parentElement);
  first.parentElement.append(root);
  const bus = openBus(client, data),
    address = makeAddress(client.place);
  const slots = Object.fromEntries(
    ["filters", "stage", "why", "gallery", "actions"].map((name) => [
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
    epochs = bar("epoch-place"),
    below = bar("below"),
    space = () => bar("space");
  slots.stage.append(
    h("div", { class: "hem-bar" }, bars.switcher, space(), bars.tools),
    h("div", { class: "hem-bar hem-bar-2" }, bars.controls, space(), bars.legend),
    bars.chips,
    figure,
    epochs,
    below,
  );
  slots.why.hidden = true;
  const side = h("div", { class: "hem-side" }, slots.why, slots.gallery);
  root.append(slots.filters, slots.stage, side, slots.actions, bones);
  let map = null,
    matrix = null,
    table = null,
    slider = null,
    histogram = null,
    gallery = null,
    filters = null,
    actions = null,
    why = null,
    drawer = null,
    enlarged = null,
    menu = /** @type {ReturnType<typeof columnsMenu> | null} */ (null),
    tool = "lasso",
    isZoomed = false,
    zooming = 0;
  const fit = () => {
    root.style.height = `${data.height ?? Math.max(560, window.innerHeight - root.getBoundingClientRect().top - 12)}px`;
  };
  const fitting = new ResizeObserver(fit);
  fitting.observe(document.body);
  const ways = {
    open,
    enlarge: (row) => enlarged.show(row),
    focused: () => data.without?.drawer || drawer?.prepare(),
    judge: (row, event, moveOn) => data.without?.tags || drawer?.judge(row, event, moveOn),
  };
  const courier = makeCourier((message) => component.setStateValue("state", message), { isBusy });
  courier.acknowledge(data.sequence);
  const ends = [
    makePanes(root, client, data.identity.workspace),
    bus.on("state", state),
    bus.on("view", viewed),
    bus.on("said", busy),
    bus.on("opened", named),
    bus.on("names", renamed),
    bus.on("near", drawChips),
  ];
  const focus = () => {
    if (!isLooking && !data.without?.tags && document.visibilityState === "visible") follow();
  };
  const poll = setInterval(focus, 5000);
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
    for (const part of [map, matrix, table, slider, histogram, gallery, filters, actions, drawer, enlarged, why])
      part?.end();
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
      without: data.without,
    });
    await Promise.all([load(), bus.tags().catch(() => {})]);
    if (isGone) return;
    filters = makeFilters(bus, slots.filters, look);
    gallery = makeGallery(bus, slots.gallery, {
      ...ways,
      page: Math.max(0, Math.trunc(Number(address.read().page ?? 1)) - 1 || 0),
      paged: (page) => address.write({ page: page ? String(page + 1) : null }),
    });
    enlarged = makeEnlarged(bus, root, { open: data.without?.review ? null : review, following: gallery.following });
    drawer = makeDrawer(bus, client, root, {
      about: () => data,
      leave,
      enlarge: enlarged.show,
      around: gallery.near,
    });
    histogram = makeHistogram(bus, below, look);
    slider = makeSlider(bus, epochs);
    await adopt();
    if (isGone) return;
    why = data.without?.why ? null : makeWhy(bus, slots.why, client);
    await draw();
    if (isGone) return;
    bones.remove();
    const skipped = Object.entries(bus.skipped).map(([name, why]) => `column ${name}: ${why}`);
    if (skipped.length) bus.say({ error: `Not shown: ${skipped.join("; ")}` });
    await reopen(address.read().example);
    root.dataset.ready = "true";
  }

  /** Open the example that the address names. */
  async function reopen(id) {
    if (!id) return;
    const row = await bus.findRow(id).catch(() => -1);
    if (row >= 0) return drawer.show(row);
    address.write({ example: null });
    bus.say({ error: `${id} is not in this run, so it was not opened.` });
  }

  /** Clusters have their names now: in a chip, and in the legend. */
  function renamed() {
    drawChips();
    drawLegend();
  }

  async function named(row) {
    const [id] = row < 0 ? [null] : await bus.idsOf([row]).catch(() => [null]);
    if (row === bus.opened && !isGone) address.write({ example: id });
  }

  /** Python's answer: a fresh token, the counts it agrees on; its rules only when the page has not moved on. */
  function update(next) {
    const before = data;
    component = next;
    data = next.data;
    client.renew(data);
    address.again();
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
    const names = [...clauses(filter.rule), ...clauses(selection.rule)].flatMap(columnsOf);
    await bus.load(bus.isCrowd ? names.filter((name) => bus.described[name]?.kind !== "number") : names);
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
    drawLegend();
    if (origin === "page") tell();
  }

  async function viewed({ change, origin }) {
    view = usable(bus.view, usual, bus.described, data.missing);
    try {
      for (let loaded = null; loaded !== view; ) {
        loaded = view; // another may be wanted meanwhile
        await load();
      }
    } catch (error) {
      return bus.say({ error: error.message });
    }
    if (isGone) return;
    await draw(change);
    if (origin === "page") tell();
  }

  async function load() {
    const epoch = epochOf(view, bus.epochs),
      drawn = isDense(view, bus) ? [] : drawnColumns(view);
    await Promise.all([bus.prepare(neededColumns(view, bus.described), drawn), epoch && bus.replay.load(epoch)]);
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
    const changed = Object.keys(change).join();
    if (changed === "tile") return gallery.draw(view);
    slider.draw(view);
    drawStage();
    if (changed === "epoch") {
      drawTools();
      return drawChips();
    }
    renew(bars.switcher, [view.mode], () => switcher(bus, view, data.missing));
    if (view.mode !== "table")
      renew(bars.controls, [view.mode, view.x, view.y, view.colour, view.order, view.rates], () => controls(bus, view));
    below.hidden = view.mode === "table";
    drawLegend();
    drawTools();
    drawChips();
    slots.stage.classList.toggle("is-matrix", view.mode === "matrix");
    histogram.draw(view, look);
    gallery.draw(view);
    await filters.draw(view, look);
  }

  function drawStage() {
    const lacking = lack(bus, data.missing, view.mode),
      mode = lacking ? "nothing" : view.mode,
      isMap = !["nothing", "matrix", "table"].includes(mode);
    if (!isMap) map = map?.end();
    if (mode !== "matrix") matrix = matrix?.end();
    if (mode !== "table") table = table?.end();
    if (lacking) {
      const why = h("p", { class: "hem-muted" }, lacking.why);
      figure.replaceChildren(h("div", { class: "hem-empty" }, h("p", {}, lacking.title), why));
    } else if (mode === "matrix") {
      matrix ??= makeMatrix(bus, figure, look, data.classes, data.none);
      matrix.draw(view, look);
    } else if (mode === "table") {
      table ??= makeTable(bus, figure, ways);
      table.draw(view).then(drawColumns, (error) => bus.say({ error: error.message }));
    } else {
      map ??= makeMap(bus, figure, look, { open, zoom: zoom(), moved });
      map.draw(view, look);
      map.tool(tool);
    }
  }

  /** The part of the map that the address names, for the first map alone. */
  function zoom() {
    const found = isZoomed ? null : address.read().zoom;
    if (isZoomed) moved(null);
    isZoomed = true;
    return found;
  }

  /** Another part of the map: into the address once the hand has come to rest. */
  function moved(part) {
    clearTimeout(zooming);
    zooming = window.setTimeout(() => !isGone && address.write({ zoom: part }), 250);
  }

  /** The menu of the table's columns; it stays open while one is chosen. */
  function drawColumns() {
    if (!table || view.mode !== "table") return;
    renew(bars.controls, ["table"], () => {
      menu = columnsMenu(table.fields(), (columns) => bus.setView({ columns }));
      return [menu.element];
    });
    menu?.refresh(table.shown());
  }

  function drawTools() {
    const choose = (name) => {
      tool = name;
      map.tool(name);
      drawTools();
    };
    const lacking = lack(bus, data.missing, view.mode),
      parts = () => ({ map, matrix, table, histogram });
    renew(
      bars.tools,
      [view.mode, view.hide, isDense(view, bus), view.names, view.contours, tool, Boolean(lacking)],
      () => [
        ...tools(bus, view, { parts, lacking, tool, choose }),
        ...(data.without ? [] : [linkButton(message, bus.say)]), // where there is an address to copy
      ],
    );
  }

  function drawLegend() {
    const colour = map?.colouring();
    renew(bars.legend, legendKey(bus, colour), () => legend(bus, colour));
  }

  function drawChips() {
    const shown = view && !lack(bus, data.missing, view.mode) ? view.mode : null,
      mode = shown && epochOf(view, bus.epochs) ? "replay" : shown;
    const { filter, selection, counts, picks } = bus;
    const seen = [filter, selection, counts.selected, picks.size, mode, bus.clusterNames().length];
    renew(bars.chips, [...seen, bus.foundNear()?.hidden], () => chips(bus, mode));
  }

  function busy() {
    root.classList.toggle("is-busy", bus.pending > 0);
  }

  async function follow() {
    isLooking = true;
    await bus.look().catch(() => {});
    isLooking = false;
  }

  function open(row) {
    return data.without?.drawer ? enlarged.show(row) : drawer.show(row);
  }

  function review(row) {
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
