// @ts-check
// What is filtered, selected and picked, as chips that can be taken away.

import { nearControl } from "./near.js";
import { h, icon } from "../shared/dom.js";
import { short, whole } from "../shared/numbers.js";
import { clauses, describe } from "../shared/rules.js";
import { shownOn } from "./shown_name.js";

/** The chips of a bus as elements; mode is the kind of map on screen, "replay" for an earlier epoch
 *  of it, null when it cannot be drawn.
 *  @param {import("./bus.js").Bus} bus */
export function chips(bus, mode) {
  const titles = (name) => (name === "is_correct" ? "correct" : bus.title(name)),
    words = (clause) => describe(clause, titles, short, (name, value) => shownOn(bus, name, value, false));
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
    const more = [nearControl(bus), keep];
    list.push(chip("selection", "lasso", text, () => bus.set({ selection: { all: [] } }), more));
  }
  if (bus.picks.size)
    list.push(chip("picks", "check", `${bus.counted(bus.picks.size)} picked`, () => bus.set({ picks: new Set() })));
  if (list.length > 1)
    list.push(
      h(
        "button",
        { class: "hem-link", onclick: () => bus.set({ filter: { all: [] }, selection: { all: [] } }) },
        "clear all",
      ),
    );
  if (!list.length) list.push(h("span", { class: "hem-muted" }, hint(mode, bus.rows)));
  return list;
}

function hint(mode, rows) {
  if (mode === "replay") return "The map of an earlier epoch: drag to move it. To select, go back to all epochs.";
  if (!mode) return "Drag a range on the histogram to select.";
  if (mode === "table") return "Click a row to pick it, Shift-click a range; a header sorts, Enter opens.";
  return mode === "matrix"
    ? `Click a cell or a class name to select its ${rows}.`
    : "Drag a lasso on the map, or a range on the histogram.";
}

function chip(name, symbol, text, remove, more) {
  return h(
    "span",
    { class: `hem-chip is-${name}`, title: text },
    icon(symbol),
    h("span", { class: "hem-chip-text" }, text),
    more ?? "",
    h(
      "button",
      { class: "hem-chip-close", "aria-label": `remove ${text}`, title: "remove", onclick: remove },
      icon("close"),
    ),
  );
}
