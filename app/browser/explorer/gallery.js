// @ts-check
// The gallery: the examples of filter and selection as tiles, a page at a time, sorted by a score.

import { axesOf } from "./colouring.js";
import { snippet, snippetText } from "../shared/contents.js";
import { h, icon, select } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { inOrder, selectNear, shownNumber } from "./near.js";
import { around, placeOf } from "./order.js";
import { pickedRange } from "./picking.js";
import { pair, said } from "./pair.js";
import { markFound } from "./search_marks.js";
import { shownName } from "./shown_name.js";

const PAGE = 48;
const DISTANCE = "/distance"; // in the menu of the order; no column has such a name
const HOW = "click selects, Shift-click a range, double-click or Enter opens, keys 1 to 7 judge";

/** Draw into `host`. page: the one to begin with, from 0; paged(page): one is shown. open(row): a double click, or
 *  Enter; enlarge(row); focused(): a tile has the focus; judge(row, event, moveOn): another key on a tile.
 *  Returns {draw(view, look), following, near, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeGallery(bus, host, { open, enlarge, focused, judge, page = 0, paged = (_page) => {} }) {
  const count = h("h2", { class: "hem-title" }),
    sort = h("span"),
    direction = h("button", { class: "hem-tool" });
  const size = h("input", {
    type: "range",
    class: "hem-slider",
    min: "56",
    max: "160",
    step: "4",
    title: "tile size",
    "aria-label": "tile size",
    oninput: () => bus.setView({ tile: Number(size.value) }, "drag"),
    onchange: () => bus.setView({ tile: Number(size.value) }),
  });
  const tiles = h("div", {
    class: "hem-tiles",
    role: "listbox",
    "aria-label": bus.rows,
    "aria-multiselectable": "true",
    "data-look": bus.shows,
  });
  const legend = h(
    "span",
    {
      class: "hem-muted hem-legend-tiles",
      title: "the two lines of each tile",
      hidden: !bus.described.label && !bus.described.predicted,
    },
    "given / predicted",
  );
  const where = h("span", { class: "hem-muted hem-number" });
  const back = h(
    "button",
    { class: "hem-tool", title: "previous page", "aria-label": "previous page", onclick: () => turn(-1) },
    icon("left"),
  );
  const on = h(
    "button",
    { class: "hem-tool", title: "next page", "aria-label": "next page", onclick: () => turn(1) },
    icon("right"),
  );
  const isOfParts = bus.drawing && bus.rows !== "examples",
    shows = h("span", { class: "hem-segments hem-small", hidden: !isOfParts });
  host.replaceChildren(
    h("div", { class: "hem-head" }, count, h("span", { class: "hem-space" }), legend),
    bus.drawing
      ? h("div", { class: "hem-head hem-sub" }, shows, h("span", { class: "hem-space" }), colours(bus.drawing))
      : "",
    h("div", { class: "hem-head hem-sub" }, sort, direction, h("span", { class: "hem-space" }), size),
    tiles,
    h("div", { class: "hem-pager" }, back, where, on),
  );
  direction.addEventListener("click", () => bus.setView({ ascending: !view.ascending }));
  let view = null,
    shown = [],
    coming = [], // the rows of the next page, in a crowd
    anchor = -1,
    drawn = 0,
    signature = "",
    frame = 0;
  const ends = [
    bus.on("state", () => later(true)),
    bus.on("tags", badges),
    bus.on("hover", mark),
    bus.on("near", reordered),
    bus.on("opened", (row) => (row < 0 ? mark() : see(row))),
  ];
  return {
    draw,
    following,
    near,
    end() {
      ends.forEach((end) => end());
      cancelAnimationFrame(frame);
    },
  };

  /** The row that stands so many places after another in the order of the gallery; undefined at its ends. */
  function following(row, by) {
    if (isAsked()) return shown.includes(row) ? shown[shown.indexOf(row) + by] : undefined; // on the page that is seen
    const mask = bus.selected ?? bus.inFilter,
      rows = inOrder(bus, view).filter((one) => mask[one]);
    return rows[rows.indexOf(row) + by];
  }

  /** The rows around one as `around` gives them; of a crowd the server says them. */
  function near(row, reach) {
    return around(inOrder(bus, view), bus.selected ?? bus.inFilter, row, reach);
  }

  function draw(next) {
    if (view && (next.score !== view.score || next.ascending !== view.ascending)) page = 0;
    view = { ...next };
    const scores = Object.entries(bus.described)
      .filter(([name, one]) => one.is_score || name === view.score)
      .map(([name, one]) => [name, one.title]);
    const isNear = Boolean(bus.nearest()),
      options = bus.hasDistances() ? [[DISTANCE, "distance"], ...scores] : scores;
    sort.replaceChildren(select(options, isNear ? DISTANCE : view.score, sortBy, "sort by"));
    direction.disabled = isNear;
    direction.replaceChildren(icon(view.ascending ? "up2" : "down2"));
    direction.title = view.ascending ? "lowest first" : "highest first";
    size.value = tileSize();
    shows.replaceChildren(
      ...[
        [false, "box"],
        [true, "whole image"],
      ].map(([isWhole, text]) =>
        h(
          "button",
          {
            class: view.wholes === isWhole ? "is-on" : "",
            "aria-pressed": String(view.wholes === isWhole),
            onclick: () => bus.setView({ wholes: isWhole }),
          },
          text,
        ),
      ),
    );
    tiles.style.setProperty("--tile", `${tileSize()}px`);
    later(false);
  }

  function sortBy(score) {
    bus.orderByDistance(score === DISTANCE);
    if (score !== DISTANCE) bus.setView({ score });
  }

  function reordered() {
    if (view) draw(view);
  }

  function later(isNew) {
    if (isNew && signature && members() !== signature) {
      page = 0;
      tiles.scrollTop = 0;
    }
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      fill();
    });
  }

  function members() {
    return JSON.stringify([bus.filter, bus.selection]);
  }

  async function fill() {
    if (!view || !(bus.isCrowd || bus.column(view.score))) return;
    const mine = ++drawn,
      total = bus.selected ? bus.counts.selected : bus.counts.filter;
    signature = members();
    const last = Math.max(0, Math.ceil(total / PAGE) - 1);
    page = Math.max(0, Math.min(page, last));
    const found = isAsked() ? await asked(mine) : here(page);
    if (mine !== drawn || !found) return;
    if (bus.isCrowd && !isAsked())
      await bus.needValues(found, ["error"]).catch((error) => bus.say({ error: error.message }));
    if (mine !== drawn) return;
    shown = found;
    paged(page);
    head(total);
    if (!shown.length) return tiles.replaceChildren(nothing());
    const old = new Map([...tiles.children].map((tile) => [Number(tile.dataset.row), tile]));
    const wanted = shown.map((row) => old.get(row) ?? tile(row));
    // Tiles that stay are left where they are: one that is taken out between press and release loses its click.
    if (wanted.length !== tiles.children.length || wanted.some((one, at) => one !== tiles.children[at]))
      tiles.replaceChildren(...wanted);
    for (const element of tiles.children) {
      caption(element);
      delete element.dataset.found; // marks are made anew
    }
    badges();
    mark();
    host.dataset.filled = `${total} ${shown[0]}`;
    try {
      const isWhole = Boolean(isOfParts && view.wholes),
        parts = [bus.thumbsOf(shown, isWhole), bus.idsOf(shown), bus.contentsOf(shown)],
        [pictures, ids, contents] = await Promise.all(parts);
      if (mine !== drawn) return;
      [...tiles.children].forEach((element, at) => portrait(element, pictures[at], ids[at], contents[at]));
      await markFound(bus, shown, [...tiles.children], () => mine === drawn);
      if (mine !== drawn) return;
      const next = isAsked() ? coming : here(page + 1);
      if (next.length) await Promise.all([bus.thumbsOf(next, isWhole), bus.contentsOf(next)]);
    } catch (error) {
      bus.say({ error: error.message });
    }
  }

  /** Is the order of the rows the server's to say? What is near a row is here, also in a crowd. */
  function isAsked() {
    return bus.isCrowd && !bus.nearest();
  }

  /** The rows of a page, where the column that sorts them is here. */
  function here(number) {
    return pageOf(inOrder(bus, view), bus.selected ?? bus.inFilter, number * PAGE, PAGE);
  }

  /** The rows of this page as the server knows them, and those of the next one; null when there is none to show. */
  async function asked(mine) {
    const axes = axesOf(view),
      columns = ["error", axes.x, axes.y].filter((name) => bus.described[name]?.kind === "number");
    try {
      const found = await bus.pageOf(view.score, !view.ascending, page * PAGE, 2 * PAGE, columns);
      if (mine === drawn) coming = found.rows.slice(PAGE);
      return found.rows.slice(0, PAGE);
    } catch (error) {
      bus.say({ error: error.message });
      return null;
    }
  }

  /** The reader's size, else one that suits the screen: larger tiles where there is room for many. */
  function tileSize() {
    return view.tile ?? (host.clientWidth > 700 ? 124 : 96);
  }

  function head(total) {
    const what = bus.selected ? "selected" : bus.counts.filter < bus.n ? "filtered" : "";
    count.replaceChildren(
      ...(what
        ? [h("b", {}, whole(total)), ` ${what} `, h("span", { class: "hem-muted" }, `of ${bus.counted(bus.n)}`)]
        : [bus.counted(bus.n)]),
    );
    const last = Math.max(0, Math.ceil(total / PAGE) - 1);
    where.textContent = total
      ? `${whole(page * PAGE + 1)}–${whole(Math.min(total, (page + 1) * PAGE))} of ${whole(total)}`
      : "";
    back.disabled = page === 0;
    on.disabled = page >= last;
  }

  function nothing() {
    const what = bus.selected
      ? "This selection is empty. Clear it, or draw another one."
      : "Nothing matches these filters. Remove one above the map, or clear them all.";
    const clear = h(
      "button",
      {
        class: "hem-button",
        onclick: () =>
          bus.set(bus.selected ? { selection: { all: [] } } : { filter: { all: [] }, selection: { all: [] } }),
      },
      bus.selected ? "Clear selection" : "Clear filters",
    );
    return h("div", { class: "hem-empty" }, h("p", {}, what), clear);
  }

  function tile(row) {
    return h(
      "div",
      {
        class: "hem-tile",
        role: "option",
        tabIndex: 0,
        "data-row": String(row),
        onclick: (event) => pick(row, event),
        ondblclick: () => open(row),
        onkeydown: (event) => {
          if (event.key === "Enter") open(row);
          else if (event.key === "e") enlarge(row);
          else if (event.key === "m" && !bus.near.missing) likeThis(row);
          else judge(row, event, moveOn);
          if (event.key === " ") {
            event.preventDefault();
            pick(row, event);
          }
        },
        onfocus: focused,
        onpointerenter: () => bus.hover(row),
        onpointerleave: () => bus.hover(-1),
      },
      h("div", { class: "hem-picture" }),
      h("div", { class: "hem-caption" }),
      bus.hasPictures
        ? h(
            "button",
            {
              class: "hem-enlarge",
              title: "enlarge (E)",
              "aria-label": "enlarge",
              tabIndex: -1,
              onclick: (event) => {
                event.stopPropagation();
                enlarge(row);
              },
              ondblclick: (event) => event.stopPropagation(),
            },
            icon("reset"),
          )
        : null,
      bus.near.missing
        ? null
        : h(
            "button",
            {
              class: "hem-enlarge hem-tile-near",
              title: "more like this (M)",
              "aria-label": "more like this",
              tabIndex: -1,
              onclick: (event) => {
                event.stopPropagation();
                likeThis(row);
              },
              ondblclick: (event) => event.stopPropagation(),
            },
            icon("near"),
          ),
      h("span", { class: "hem-badge", hidden: true }),
    );
  }

  function likeThis(row) {
    selectNear(bus, row).catch((error) => bus.say({ error: error.message }));
  }

  function portrait(element, url, id, content) {
    const about = content ? `${snippetText(content)}\n\n${id}` : id;
    const { given, predicted } = said(bus, Number(element.dataset.row)),
      pairs = `given: ${given ?? "–"}\npredicted: ${predicted ?? "–"}`;
    element.title = `${pairs}\n\n${about}\n\n${HOW}`;
    element.dataset.id = id;
    const place = element.firstChild;
    if (place.dataset.url === (url || "none")) return;
    place.dataset.url = url || "none";
    if (content != null) return place.replaceChildren(snippet(content, tileSize() < 100 ? 4 : 6));
    if (!url) return place.replaceChildren(h("span", { class: "hem-muted hem-noimage" }, id));
    const image = h("img", { src: url, alt: id, draggable: false });
    // Tiny pictures are scaled up in whole pixels, large ones smoothly.
    image.addEventListener("load", () =>
      image.classList.toggle("is-tiny", image.naturalWidth < 64 && image.naturalHeight < 64),
    );
    return place.replaceChildren(image);
  }

  function caption(element) {
    const row = Number(element.dataset.row),
      { text, title } = shownNumber(bus, view, row);
    element.children[1].replaceChildren(
      h("div", { class: "hem-caption-pair" }, pair(bus, row)),
      h("div", { class: "hem-caption-score" }, h("span", { title }, text), reason(row)),
    );
  }

  /** Why it is hard, with its colour; nothing for what is easy. */
  function reason(row) {
    const column = bus.column("reason"),
      name = column?.names[column.values[row]];
    if (!name || name === "easy") return null;
    const colour = bus.fixedColours.reason?.[name] ?? "#888";
    const dot = name === "unsure" ? { borderColor: colour } : { background: colour, borderColor: colour };
    return h(
      "span",
      { class: "hem-caption-reason", title: `${shownName("reason", name, false)}: ${bus.trust?.sentence ?? ""}` },
      h("i", { style: dot }),
      shownName("reason", name, false),
    );
  }

  async function badges() {
    const rows = shown,
      written = await bus.freeOf(rows).catch(() => []);
    if (rows !== shown) return;
    const free = new Map(rows.map((row, at) => [row, written[at] ?? []]));
    for (const element of tiles.querySelectorAll(".hem-tile")) {
      const row = Number(element.dataset.row),
        code = bus.verdicts[row];
      const names = [...(code ? [bus.verdictNames[code - 1]] : []), ...(free.get(row) ?? [])],
        badge = element.lastChild;
      badge.hidden = !names.length;
      badge.textContent = names.length > 1 ? `${names[0]} +${names.length - 1}` : (names[0] ?? "");
      badge.title = names.join(", ");
      badge.classList.toggle("is-free", names.length > 0 && !code);
    }
  }

  function mark() {
    for (const element of tiles.querySelectorAll(".hem-tile")) {
      const row = Number(element.dataset.row),
        isPicked = bus.picks.has(row);
      element.classList.toggle("is-picked", isPicked);
      element.setAttribute("aria-selected", String(isPicked));
      element.classList.toggle("is-hovered", row === bus.hovered);
      element.classList.toggle("is-open", row === bus.opened);
    }
  }

  async function pick(row, event) {
    const isRange = event.shiftKey && shown.includes(anchor),
      [from, to] = [isRange ? shown.indexOf(anchor) : shown.indexOf(row), shown.indexOf(row)].sort((a, b) => a - b),
      adds = event.ctrlKey || event.metaKey || event.shiftKey;
    const picks = pickedRange(bus.picks, shown.slice(from, to + 1), { adds, isRange });
    if (!event.shiftKey) anchor = row;
    await bus.idsOf([...picks]);
    bus.set({ picks });
    mark();
  }

  /** Show the page that a row is on. Resolves when it is drawn. */
  async function see(row) {
    const place = await placeIn(row);
    if (row !== bus.opened && bus.opened >= 0) return; // it has been left meanwhile
    if (place >= 0 && Math.floor(place / PAGE) !== page) {
      page = Math.floor(place / PAGE);
      tiles.scrollTop = 0;
      await fill();
    }
    mark();
    tileOf(row)?.scrollIntoView({ block: "nearest" });
  }

  /** The place of a row in the gallery's order; -1 for a row that is not in it. */
  async function placeIn(row) {
    if (!isAsked()) return placeOf(inOrder(bus, view), bus.selected ?? bus.inFilter, row);
    const at = shown.indexOf(row);
    if (at >= 0) return page * PAGE + at;
    const found = await bus.around(view.score, !view.ascending, row, 0).catch(() => ({ rows: [], first: 0 }));
    return found.rows[0] === row ? found.first : -1;
  }

  async function moveOn(row) {
    if (!tileOf(row)) await see(row);
    tileOf(row)?.focus();
  }

  function tileOf(row) {
    return /** @type {HTMLElement | null} */ (tiles.querySelector(`[data-row="${row}"]`));
  }

  function turn(by) {
    page += by;
    tiles.scrollTop = 0;
    fill();
  }
}

/** What the colours of drawn boxes mean, and their lines. */
function colours({ legend }) {
  const keys = legend.map(([title, colour]) =>
    h("span", { class: "hem-box-key" }, h("i", { style: { borderColor: colour } }), title),
  );
  return h("span", { class: "hem-muted hem-box-legend", title: "given boxes solid, predicted boxes dashed" }, keys);
}

/** `length` rows from position `from` among the sorted rows whose mask is 1. */
export function pageOf(sorted, mask, from, length) {
  const out = [];
  for (let k = 0, seen = 0; k < sorted.length && out.length < length; k++) {
    if (mask[sorted[k]] && seen++ >= from) out.push(sorted[k]);
  }
  return out;
}
