// @ts-check
// The drawer: one example large beside the map, with the desk of Review in it. Its arrows walk in the gallery's order.

import { makeDesk } from "../review/desk.js";
import { h, icon } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { isForDrawer, judgesRow } from "./drawer_keys.js";

const REACH = 500; // rows on each side that the desk knows
const NEAR_THE_END = 5;
const STYLES = ["../review/review.css", "./drawer_desk.css"];
const EMPTY = "No example is shown.";
const DONE = "Every example in the gallery's order from here on has a verdict. ← goes back through them.";
const NOT_BLIND = "Explore shows the label on the map and the tiles. To judge blind, open Review.";

/** Make it, closed, in `host`. about() gives what Python sent last; leave(name, value) goes to another page;
 *  enlarge(row) shows the picture over everything; around(row, reach): see order.js.
 *  Returns {show(row), prepare, judge(row, event, moveOn), end}.
 *  @param {import("./bus.js").Bus} bus @param {import("../shared/client.js").Client} client @param {HTMLElement} host
 *  @param {{about: () => any, leave: (name: string, value: unknown) => void, enlarge: (row: number) => void,
 *    around: (row: number, reach: number) => {rows: number[], first: number, total: number}}} ways */
export function makeDrawer(bus, client, host, { about, leave, enlarge, around }) {
  const place = h("div", { class: "hem-review is-drawer" }),
    shell = h("div", { class: "hem-drawer-desk", tabIndex: -1 }),
    where = h("span", { class: "hem-muted hem-number", role: "status" }),
    root = h("section", { class: "hem-drawer", "aria-label": "one example", hidden: true }, head(), shell);
  host.append(root);
  const keys = host.closest(".hem-host") ?? window; // around it there may be another program's page
  let desk = /** @type {ReturnType<typeof makeDesk> | null} */ (null),
    opening = /** @type {Promise<any> | null} */ (null),
    level = null, // what the server says of it, once it was asked for
    near = { rows: /** @type {number[]} */ ([]), first: 0, total: 0 },
    row = -1,
    turn = 0,
    handed = 0,
    before = /** @type {Element | null} */ (null);
  const ends = [
    bus.on("state", followed),
    bus.on("view", followed),
    bus.on("tags", () => root.hidden || desk?.state.stock.refresh()),
    bus.on("acted", () => desk?.state.judging.clear()), // undo then takes back the last action of the window
  ];
  keys.addEventListener("keydown", key, { capture: true });
  shell.addEventListener("click", toNeighbour);

  return {
    show,
    judge,
    prepare: () => begun().catch(() => {}),
    end() {
      keys.removeEventListener("keydown", key, { capture: true });
      ends.forEach((one) => one());
      bus.open(-1); // another page may have the same bus
      desk?.close();
      root.remove();
    },
  };

  /** Open it at a row; in another one of the gallery's order when it is open. */
  async function show(next) {
    const mine = ++turn;
    if (root.hidden) before = document.activeElement;
    root.hidden = false;
    host.classList.add("has-drawer");
    opened(next);
    try {
      await begun();
    } catch (error) {
      if (mine === turn) close();
      return bus.say({ error: `The example cannot be opened: ${error.message}` });
    }
    if (mine !== turn || root.hidden) return undefined;
    hand(next);
    if (!root.contains(document.activeElement) && !isRow(document.activeElement)) shell.focus();
    return undefined;
  }

  function close() {
    if (root.hidden) return;
    const last = row;
    turn++;
    root.hidden = true;
    host.classList.remove("has-drawer");
    opened(-1);
    const back = before instanceof HTMLElement && before.isConnected && before !== document.body ? before : null;
    /** @type {HTMLElement | null} */ (host.querySelector(`[data-row="${last}"]`) ?? back)?.focus();
  }

  /** The desk, made when it is first needed. */
  function begun() {
    opening ??= Promise.all([client.run(about()).desk(), within(shell, place, client), client.windowId()])
      .then(([found]) => {
        level = found;
        desk = makeDesk(place, client, gone, { isDrawer: true, address: { ...ADDRESS, show: shown } });
      })
      .catch((error) => {
        opening = null;
        throw error;
      });
    return opening;
  }

  /** Let the desk stand at a row, with the rows around it in the order of the gallery. */
  function hand(next) {
    const { view } = bus,
      mine = ++handed;
    if (!bus.isCrowd || bus.nearest()) return give(next, around(next, REACH));
    // The order of a crowd is the server's: until it answers the desk has the row alone, or those that it had.
    if (next !== row || !near.rows.includes(next))
      give(next, near.rows.includes(next) ? near : { rows: next < 0 ? [] : [next], first: 0, total: next < 0 ? 0 : 1 });
    bus
      .around(view.score, !view.ascending, next, REACH)
      .then((found) => mine === handed && give(next, found))
      .catch((error) => bus.say({ error: error.message }));
    return undefined;
  }

  function give(next, found) {
    const { token, person } = about();
    near = found;
    desk?.update({
      ...level,
      token,
      person,
      key: "drawer",
      rows: near.rows,
      drawn: near.rows.map(() => "chosen"),
      wanted: next < 0 ? null : { row: next },
      no_blind: level.no_blind ?? NOT_BLIND,
      no_tags: about().without?.tags,
      empty: EMPTY,
      done: DONE,
    });
  }

  /** The desk has drawn an example: at once when it moves, again when the example has come. */
  function shown(example) {
    const next = example?.row ?? -1,
      at = desk?.state.at ?? 0;
    tagged(row);
    tagged(next);
    if (root.hidden) return;
    where.textContent =
      next < 0 || !near.rows.includes(next) ? "" : `${whole(near.first + at + 1)} of ${whole(near.total)}`;
    root.dataset.row = String(next);
    root.toggleAttribute("data-shown", example?.id != null);
    opened(next);
    const isNearTheEnd =
      (at < NEAR_THE_END && near.first > 0) ||
      (at >= near.rows.length - NEAR_THE_END && near.first + near.rows.length < near.total);
    if (isNearTheEnd && next >= 0) queueMicrotask(() => hand(next));
  }

  function opened(next) {
    if (next === row) return;
    row = next;
    bus.open(next);
  }

  /** What was just said here shows on the tiles before the server has stored it. */
  function tagged(one) {
    const verdict = desk?.state.verdicts.get(one),
      code = verdict ? bus.verdictNames.indexOf(verdict.tag) + 1 : 0;
    if (!code || bus.verdicts[one] === code || !desk?.state.spoken.has(one)) return;
    bus.verdicts[one] = code;
    queueMicrotask(() => bus.emit("tags"));
  }

  /** Filter, selection or order are others: the same example, among others. A row that was picked is shown. */
  function followed() {
    if (root.hidden || !desk) return;
    const [picked] = bus.picks;
    hand(bus.picks.size === 1 ? picked : row);
  }

  function key(event) {
    if (root.hidden || event.defaultPrevented || !host.isConnected) return;
    const path = event.composedPath(),
      isInside = path.includes(root);
    if (!isForDrawer(path, isInside)) return;
    if (document.querySelector('[role="dialog"]:not([hidden])')) return;
    const isOnRow = isRow(path[0]) && (event.key === "Enter" || event.key === " ");
    const isOnButton = path[0] instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ");
    if (isOnRow || isOnButton) return;
    desk?.onKey(event);
    if (event.defaultPrevented) return;
    const act = { Escape: close, e: () => row >= 0 && bus.hasPictures && enlarge(row) }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** A key on a row of the gallery or the table, while the drawer is closed: its verdict is stored at once; where there
   *  is more to choose, the drawer opens. moveOn(row) is told which one is next. */
  function judge(next, event, moveOn) {
    if (!judgesRow(event) || !root.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    const isPlain = desk && !level.has_choices && !level.tag_names && event.key !== "?" && !asks(event);
    if (isPlain) return said(next, event, moveOn);
    begun()
      .then(() => show(next))
      .then(() => desk?.state.stock.arrived(next))
      .then(() => desk?.onKey(event))
      .catch((error) => bus.say({ error: error.message }));
  }

  function said(next, event, moveOn) {
    if (!desk) return;
    const { state } = desk;
    hand(next);
    desk.onKey(event);
    bus.say({ note: state.judging.note(), canUndo: true });
    if (state.row !== undefined) moveOn(state.row);
  }

  /** Is there more to choose for this key than a verdict? */
  function asks(event) {
    return level.offered.find((one) => one.key === event.key)?.name === "mislabelled";
  }

  function gone(page) {
    if (page === "sets") leave("set", bus.counts.scope);
    else leave("page", page);
  }

  function toNeighbour(event) {
    const near = event.composedPath().find((one) => one instanceof HTMLElement && one.dataset.near);
    if (near) show(Number(near.dataset.near));
  }

  function review() {
    if (row < 0) return;
    bus
      .idsOf([row])
      .then(([id]) => {
        close(); // its part of the address would be one more step on the way back
        leave("open", id);
      })
      .catch((error) => bus.say({ error: error.message }));
  }

  function walk(by) {
    desk?.state.go(desk.state.at + by);
  }

  function head() {
    const tool = (name, title, onclick) =>
      h("button", { class: "hem-tool", title, "aria-label": title, onclick }, icon(name));
    return h(
      "div",
      { class: "hem-head hem-drawer-head" },
      tool("left", "previous (←)", () => walk(-1)),
      tool("right", "next (→)", () => walk(1)),
      where,
      h("span", { class: "hem-space" }),
      bus.hasPictures ? tool("reset", "enlarge (E)", () => row >= 0 && enlarge(row)) : "",
      about().without?.review ? "" : h("button", { class: "hem-button", onclick: review }, "Open in Review"),
      tool("close", "close (Esc)", close),
    );
  }
}

/** The address of the page is Explore's own; the desk only says what it shows. */
const ADDRESS = { path: () => "", names: () => true, recalled: () => null };

function isRow(element) {
  return Boolean(element?.closest?.("[data-row]")) && !element.closest(".hem-drawer");
}

/** Put `place` into a shadow tree of `shell`, where Review's styles meet nothing of Explore. Resolves when they are
 *  there. */
function within(shell, place, client) {
  const shadow = shell.shadowRoot ?? shell.attachShadow({ mode: "open" });
  shadow.replaceChildren();
  if (import.meta.url.startsWith("blob:")) return fetched(shadow, place, client);
  const links = STYLES.map((name) => h("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href }));
  const loaded = links.map(
    (link) => new Promise((go) => ["load", "error"].forEach((name) => link.addEventListener(name, go))),
  );
  shadow.append(...links, place);
  return Promise.all(loaded);
}

/** The same where this module has no address that others could be named from: the styles come through the client. */
async function fetched(shadow, place, client) {
  shadow.append(place);
  for (const name of STYLES) {
    const path = new URL(name, "http://page/hem/static/linked/explorer/drawer.js").pathname,
      response = await client.request(path).catch(() => null);
    if (response) place.before(h("style", {}, await response.text()));
  }
}
