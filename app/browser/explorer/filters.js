// @ts-check
// The filters: one control a column, each shows and replaces its clause of the rule.

import { h, icon, select } from "../shared/dom.js";
import { ERROR_COLUMNS } from "./filter_bars.js";
import { facetFilter, tagFilter } from "./filter_facet.js";
import { rangeFilter } from "./filter_range.js";
import { searchField } from "./search_field.js";
import { wordsField } from "./words_field.js";
import { clauseMask, clauseOf, clauses, every, subject, withClause } from "../shared/rules.js";

const USUAL = ["is_correct", "error", "reason", "label", "predicted"];
const NOT_FILTERS = new Set(["suggested_label", "index", "image_row", "duplicate_group", "x", "y"]);

/** Draw into `host`. Returns {draw(view, look), end}.
 *  @param {import("./bus.js").Bus} bus */
export function makeFilters(bus, host, look) {
  const sections = h("div", { class: "hem-sections" });
  const clear = h("button", { class: "hem-link", onclick: () => bus.set({ filter: { all: [] } }) }, "Clear all");
  const search = searchField(bus),
    words = wordsField(bus);
  host.replaceChildren(
    h(
      "div",
      { class: "hem-head" },
      h("h2", { class: "hem-title" }, "Filters"),
      h("span", { class: "hem-space" }),
      clear,
    ),
    search.element,
    words?.element ?? "",
    sections,
  );
  let frame = 0,
    view = null,
    parts = new Map();
  const ends = [bus.on("state", later), bus.on("tags", later), bus.on("names", later)];
  return {
    draw,
    end() {
      ends.forEach((end) => end());
      search.end();
      cancelAnimationFrame(frame);
    },
  };

  async function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    view = { ...next };
    const wanted = wantedColumns();
    await bus.prepare([...wanted.filter((name) => name !== "tag"), ...(bus.isCrowd ? [] : ERROR_COLUMNS)]);
    const key = wanted.join(" ");
    if (sections.dataset.key !== key) {
      sections.dataset.key = key;
      parts = new Map(wanted.map((name) => [name, filterOf(name)]));
      sections.replaceChildren(...[...parts.values()].map((part) => part.element), adder());
    }
    refresh();
  }

  function filterOf(name) {
    const panel = { bus, section, put };
    if (name === "tag") return tagFilter(panel);
    return bus.described[name].kind === "number" ? rangeFilter(panel, name) : facetFilter(panel, name);
  }

  function wantedColumns() {
    const there = Object.entries(bus.described),
      extra = view.ranges ?? [];
    const asked = clauses(bus.filter)
      .map(subject)
      .filter((name) => bus.described[name]);
    const ranges = ["difficulty", ...extra, ...asked.filter((name) => bus.described[name].kind === "number")];
    const facets = there
      .filter(
        ([name, one]) =>
          one.kind !== "number" &&
          !NOT_FILTERS.has(name) &&
          !USUAL.includes(name) &&
          one.names.length > 1 &&
          one.names.length <= 200,
      )
      .map(([name]) => name);
    const listed = [...ranges, ...USUAL, "tag", ...facets];
    return [...new Set(listed)].filter((name) => name === "tag" || bus.described[name]);
  }

  function later() {
    frame ||= requestAnimationFrame(async () => {
      frame = 0;
      if (!view) return;
      if (wantedColumns().join(" ") !== sections.dataset.key) await draw(view);
      else refresh();
    });
  }

  function refresh() {
    clear.hidden = !clauses(bus.filter).length;
    search.refresh();
    words?.refresh();
    for (const [name, part] of parts) part.refresh(clauseOf(bus.filter, name), maskWithout(name));
  }

  // What the other filters leave: the counts of a facet say what a click would give.
  function maskWithout(name) {
    const rest = clauses(bus.filter).filter((one) => subject(one) !== name);
    if (rest.length === clauses(bus.filter).length) return bus.inFilter;
    const masks = rest.map((one) => clauseMask(one, bus));
    return masks.includes(null) ? bus.inFilter : every(masks, bus.n);
  }

  function put(name, clause) {
    bus.set({ filter: withClause(bus.filter, name, clause) });
  }

  function section(title, name, tip, ...body) {
    const reset = h(
      "button",
      { class: "hem-link", title: "remove this filter", onclick: () => put(name, null) },
      "reset",
    );
    const element = h(
      "details",
      { class: "hem-section", open: true, "data-column": name },
      h("summary", { title: tip || "" }, icon("down"), h("span", {}, title), h("span", { class: "hem-space" }), reset),
      ...body,
    );
    reset.addEventListener("click", (event) => event.preventDefault());
    return { element, reset };
  }

  function adder() {
    const options = Object.entries(bus.described)
      .filter(([name, one]) => one.kind === "number" && !NOT_FILTERS.has(name) && !parts.has(name))
      .map(([name, one]) => [name, one.title]);
    return select(
      [["", "Add a range…"], ...options],
      "",
      (name) => name && bus.setView({ ranges: [...(view.ranges ?? []), name] }),
      "add a range filter",
    );
  }
}
