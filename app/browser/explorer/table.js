// @ts-check
// The table: the rows of filter and selection with any columns, a screenful at a time, sorted by the server.

import { h, icon, save } from "../shared/dom.js";
import { short, whole } from "../shared/numbers.js";
import { clauses } from "../shared/rules.js";
import { selectNear } from "./near.js";
import { pickedRange } from "./picking.js";
import { markFound } from "./search_marks.js";
import { shownColumns, TAG_FIELD, TAGS, widths } from "./table_columns.js";
import { heightOf, inSight, makeBlocks, ROW_PX, scrollTo } from "./table_window.js";

const REST_MS = 70;
const LONGEST_RANGE = 10000;

/** Draw into `host`. open(row): a double click, or Enter; enlarge(row): E; judge(row, event, moveOn): another key on a
 *  row.
 *  Returns {draw(view), fields, download, end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeTable(bus, host, { open, enlarge, focused, judge }) {
  const head = h("div", { class: "hem-table-row hem-table-head", role: "row" }),
    layer = h("div", { class: "hem-table-layer", role: "rowgroup" }),
    space = h("div", { class: "hem-table-space" }, layer),
    body = h("div", { class: "hem-table-body" }, head, space),
    empty = h("div", { class: "hem-empty", hidden: true }, h("p", {}, "Nothing matches. Remove a filter above.")),
    root = h(
      "div",
      { class: "hem-table", role: "grid", "aria-label": bus.rows, "aria-multiselectable": "true" },
      body,
      empty,
    );
  host.replaceChildren(root);
  let view = null,
    fields = /** @type {import("./table_columns.js").Field[]} */ ([]),
    shown = /** @type {import("./table_columns.js").Field[]} */ ([]),
    blocks = makeBlocks(async () => ({ rows: [], cells: [] })),
    key = "",
    active = 0, // the place that the keyboard is at
    anchor = 0,
    timer = 0,
    frame = 0,
    isOver = false;
  body.addEventListener("scroll", later);
  const watcher = new ResizeObserver(() => (bus.opened < 0 ? later() : see(blocks.placeOf(bus.opened))));
  watcher.observe(body);
  const ends = [
    bus.on("state", refresh),
    bus.on("tags", later),
    bus.on("hover", mark),
    bus.on("opened", (row) => (row < 0 ? mark() : see(blocks.placeOf(row)))),
  ];
  return {
    draw,
    fields: () => fields,
    shown: () => shown.map((one) => one.name),
    async download() {
      const columns = asked().filter((name) => name !== TAGS);
      save(await bus.tableCsv({ ...about(), columns }), `${bus.run}-table.csv`);
    },
    end() {
      isOver = true;
      ends.forEach((one) => one());
      watcher.disconnect();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      root.remove();
    },
  };

  async function draw(next) {
    view = { ...next };
    if (!fields.length) fields = await bus.fields();
    if (isOver) return;
    const byName = new Map([...fields, TAG_FIELD].map((one) => [one.name, one]));
    shown = /** @type {any} */ (shownColumns(view.columns, fields, bus.words).map((name) => byName.get(name)));
    const { columns, width } = widths(shown, bus.hasPictures);
    root.style.setProperty("--columns", columns);
    root.style.setProperty("--width", `${width}px`);
    head.replaceChildren(
      ...(bus.hasPictures ? [h("span", { role: "columnheader", "aria-label": "picture" })] : []),
      ...shown.map(header),
    );
    refresh();
  }

  /** Other rows, another order or other columns: what was fetched is no longer of use. */
  function refresh() {
    if (!view || !fields.length) return;
    const now = JSON.stringify([about(), asked(), bus.revision * Number(JSON.stringify(about()).includes('"tag"'))]);
    if (now !== key) {
      const rows = JSON.stringify([about().rule, about().sort, about().descending]);
      if (key && rows !== root.dataset.rows) {
        body.scrollTop = 0;
        active = anchor = 0;
      }
      root.dataset.rows = rows;
      key = now;
      const asks = { ...about(), columns: asked().filter((name) => name !== TAGS) };
      blocks = makeBlocks((offset, limit) => bus.tablePage({ ...asks, offset, limit }));
      layer.replaceChildren();
    }
    root.setAttribute("aria-rowcount", String(total()));
    empty.hidden = total() > 0;
    space.style.height = `${heightOf(total())}px`;
    later();
  }

  function later() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      paint();
    });
  }

  function paint() {
    if (!view || !shown.length || isOver) return;
    const { first, count, shift } = sight(),
      mine = blocks;
    const old = new Map([...layer.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.place, one]));
    const wanted = Array.from({ length: count }, (_, k) => old.get(String(first + k)) ?? line(first + k));
    if (wanted.length !== layer.children.length || wanted.some((one, k) => one !== layer.children[k])) {
      for (const one of [...layer.children]) if (!wanted.includes(one)) one.remove();
      wanted.forEach((one, k) => layer.children[k] !== one && layer.insertBefore(one, layer.children[k] ?? null));
    }
    layer.style.transform = `translateY(${body.scrollTop + shift}px)`;
    wanted.forEach((one) => fill(/** @type {HTMLElement} */ (one)));
    mark();
    const isMissing = wanted.some((_, k) => !blocks.at(first + k));
    root.dataset.filled = isMissing ? "" : `${first} ${total()}`;
    clearTimeout(timer);
    if (count && isMissing)
      timer = window.setTimeout(() => {
        blocks
          .need(first, count)
          .then(() => mine === blocks && paint())
          .catch((error) => bus.say({ error: error.message }));
      }, REST_MS);
    else if (count) complete(first, count).catch(() => {});
  }

  /** Ids, pictures and tags of what is in sight. */
  async function complete(first, count) {
    const places = Array.from({ length: count }, (_, k) => first + k),
      rows = places.map((place) => blocks.at(place)?.row).filter((row) => row !== undefined);
    const [pictures, free] = await Promise.all([
      bus.hasPictures ? bus.thumbsOf(rows) : [],
      shows(TAGS) ? bus.freeOf(rows) : [],
    ]);
    const lines = rows.map(lineOf);
    if (lines.every(Boolean)) markFound(bus, rows, lines, () => blocks.at(first)?.row === rows[0]).catch(() => {});
    rows.forEach((row, k) => {
      const element = lines[k];
      if (!element) return;
      if (bus.hasPictures) picture(element, pictures[k]);
      if (shows(TAGS)) tagged(element, row, free[k] ?? []);
    });
  }

  function line(place) {
    const one = h("div", {
      class: "hem-table-row",
      role: "row",
      tabIndex: -1,
      "data-place": String(place),
      "aria-rowindex": String(place + 1),
      onclick: (event) => pick(place, event),
      ondblclick: () => withRow(place, open),
      onkeydown: (event) => press(place, event),
      onfocus: () => {
        active = place;
        focused();
      },
      onpointerenter: () => withRow(place, bus.hover),
      onpointerleave: () => bus.hover(-1),
    });
    const cells = shown.map(() => h("span", { class: "hem-cell is-waiting", role: "gridcell" }));
    one.append(
      ...(bus.hasPictures ? [h("span", { class: "hem-cell hem-cell-picture", role: "gridcell" })] : []),
      ...cells,
    );
    return one;
  }

  function fill(element) {
    const found = blocks.at(Number(element.dataset.place));
    element.tabIndex = Number(element.dataset.place) === active ? 0 : -1;
    if (!found) return;
    if (element.dataset.row !== String(found.row)) {
      element.dataset.row = String(found.row);
      const from = bus.hasPictures ? 1 : 0,
        cells = found.cells.slice();
      shown.forEach((field, k) => {
        const cell = /** @type {HTMLElement} */ (element.children[k + from]);
        cell.classList.remove("is-waiting");
        if (field.name === TAGS) return;
        const value = cells.shift(),
          text = written(value);
        cell.textContent = text;
        cell.title = typeof value === "string" ? value : text;
        cell.classList.toggle("is-number", field.kind === "number");
        cell.classList.toggle("hem-muted", value == null);
      });
    }
    if (shows(TAGS)) tagged(element, found.row, null);
  }

  function tagged(element, row, free) {
    const from = bus.hasPictures ? 1 : 0,
      cell = element.children[shown.findIndex((one) => one.name === TAGS) + from],
      code = bus.verdicts[row];
    if (free) element.dataset.free = free.join(", ");
    const names = [code ? bus.verdictNames[code - 1] : "", element.dataset.free ?? ""].filter(Boolean);
    cell.textContent = cell.title = names.join(", ");
  }

  function picture(element, url) {
    const cell = element.firstElementChild;
    if (cell.dataset.url === (url || "none")) return;
    cell.dataset.url = url || "none";
    cell.replaceChildren(url ? h("img", { src: url, alt: "", draggable: false }) : "");
  }

  function header(field) {
    const sort = sortOf(),
      isSorted = sort.column === field.name,
      name = h("span", { class: "hem-table-title" }, field.title);
    const title = [
      field.unit ? `${field.title} (${field.unit})` : field.title,
      field.meaning,
      field.name !== TAGS && "click sorts",
    ];
    const cell = h(
      "span",
      { role: "columnheader", class: field.kind === "number" ? "is-number" : "", "data-field": field.name },
      field.name === TAGS
        ? name
        : h(
            "button",
            { class: "hem-table-sort", title: title.filter(Boolean).join("\n"), onclick: () => resort(field) },
            name,
            isSorted ? icon(sort.descending ? "down2" : "up2") : "",
          ),
    );
    cell.setAttribute("aria-sort", !isSorted ? "none" : sort.descending ? "descending" : "ascending");
    return cell;
  }

  /** A column of numbers sorts gallery and drawer too, others this table alone. */
  function resort(field) {
    const { column, descending } = sortOf(),
      next = column === field.name ? !descending : field.kind === "number";
    if (field.kind === "number" && bus.described[field.name])
      bus.setView({ score: field.name, ascending: !next, sort: null });
    else bus.setView({ sort: { column: field.name, descending: next } });
  }

  function sortOf() {
    const own = view.sort,
      isThere = own && fields.some((one) => one.name === own.column);
    return isThere ? own : { column: view.score, descending: !view.ascending };
  }

  function about() {
    const { column, descending } = sortOf();
    return { rule: { all: [...clauses(bus.filter), ...clauses(bus.selection)] }, sort: column ?? null, descending };
  }

  function asked() {
    return shown.map((one) => one.name);
  }

  function shows(name) {
    return shown.some((one) => one.name === name);
  }

  function total() {
    return bus.selected ? bus.counts.selected : bus.counts.filter;
  }

  function sight() {
    return inSight(total(), body.scrollTop, Math.max(ROW_PX, body.clientHeight - head.offsetHeight));
  }

  function mark() {
    for (const element of /** @type {Iterable<HTMLElement>} */ (layer.children)) {
      const row = Number(element.dataset.row ?? -1),
        isPicked = bus.picks.has(row);
      element.classList.toggle("is-picked", isPicked);
      element.setAttribute("aria-selected", String(isPicked));
      element.classList.toggle("is-hovered", row >= 0 && row === bus.hovered);
      element.classList.toggle("is-open", row >= 0 && row === bus.opened);
    }
  }

  function see(place) {
    if (place < 0) return later();
    body.scrollTop = scrollTo(total(), body.scrollTop, body.clientHeight - head.offsetHeight, place);
    paint();
  }

  function withRow(place, act) {
    const row = blocks.at(place)?.row;
    if (row !== undefined) act(row);
  }

  async function pick(place, event) {
    const row = blocks.at(place)?.row;
    if (row === undefined) return;
    const adds = event.ctrlKey || event.metaKey;
    try {
      const between = event.shiftKey ? await range(anchor, place) : [row];
      const picks = pickedRange(bus.picks, between, { adds, isRange: event.shiftKey });
      if (!event.shiftKey) anchor = place;
      active = place;
      await bus.idsOf([...picks]);
      bus.set({ picks });
    } catch (error) {
      bus.say({ error: error.message });
    }
  }

  async function range(from, to) {
    const [first, last] = [from, to].sort((a, b) => a - b),
      count = last - first + 1;
    if (count > LONGEST_RANGE)
      throw new Error(
        `${whole(count)} rows lie between these two; a range holds ${whole(LONGEST_RANGE)} at most. Filter instead.`,
      );
    return bus.tableRows({ ...about(), offset: first, limit: count });
  }

  function press(place, event) {
    const page = Math.max(1, Math.floor(body.clientHeight / ROW_PX) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -place, End: total() - 1 - place };
    if (event.key in steps) {
      event.preventDefault();
      const to = Math.max(0, Math.min(total() - 1, place + steps[event.key]));
      focusAt(to).then(() => event.shiftKey && pick(to, event));
    } else if (event.key === "Enter") withRow(place, open);
    else if (event.key === " ") {
      event.preventDefault();
      pick(place, event);
    } else if (event.key === "e") withRow(place, enlarge);
    else if (event.key === "m" && !bus.near.missing) withRow(place, likeThis);
    else withRow(place, (row) => judge(row, event, moveOn));
  }

  function likeThis(row) {
    selectNear(bus, row).catch((error) => bus.say({ error: error.message }));
  }

  async function focusAt(place) {
    active = place;
    await blocks.need(place, 1);
    see(place);
    /** @type {HTMLElement | null} */ (layer.querySelector(`[data-place="${place}"]`))?.focus({ preventScroll: true });
  }

  function moveOn(row) {
    const place = blocks.placeOf(row);
    if (place >= 0) focusAt(place);
  }

  function lineOf(row) {
    return /** @type {HTMLElement | null} */ (layer.querySelector(`[data-row="${row}"]`));
  }
}

/** A cell in words. */
function written(value) {
  if (value == null) return "–";
  return typeof value === "number" ? short(value) : String(value);
}
