// @ts-check
// The legend of a map: its colours in words, and a filter: a click keeps the rows of a colour.

import { h } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { shownOn } from "./shown_name.js";
import { clauseOf, withClause } from "../shared/rules.js";

/** The legend as elements: a ramp for numbers, keys for names. colour: as `colouring` gives it, null for none.
 *  @param {import("./bus.js").Bus} bus */
export function legend(bus, colour) {
  if (!colour) return [];
  return colour.kind === "number" ? ramp(bus, colour) : keys(bus, colour);
}

/** What a legend shows: it is drawn again when this is another. */
export function legendKey(bus, colour) {
  if (!colour) return null;
  const { name, names, colours, low, high } = colour;
  return [
    name,
    names,
    colours,
    low,
    high,
    clauseOf(bus.filter, name) ?? null,
    name === "cluster" && bus.clusterNames().length,
  ];
}

function keys(bus, colour) {
  const clause = clauseOf(bus.filter, colour.name),
    shown = (name) => shownOn(bus, colour.name, name, colour.isBool);
  const put = (next) => bus.set({ filter: withClause(bus.filter, colour.name, next) });
  const items = colour.names.map((name, at) => ({
    text: shown(name),
    colour: colour.colours[at],
    isOn: Boolean(clause?.in?.map(String).includes(name)),
    next: () => toggled(clause, colour, name),
  }));
  if (colour.hasOther) {
    const others = { not: { column: colour.name, in: valuesOf(colour, colour.names) } };
    const isOn = JSON.stringify(clause) === JSON.stringify(others);
    items.push({ text: "other", colour: colour.colours.at(-1), isOn, next: () => (isOn ? null : others) });
  }
  return items.map(({ text, colour: fill, isOn, next }) =>
    h(
      "button",
      {
        class: `hem-key${isOn ? " is-on" : ""}${clause && !isOn ? " is-off" : ""}`,
        title: isOn ? `${text}: a click takes it out of the filter` : `${text}: a click filters by it`,
        "aria-pressed": String(isOn),
        onclick: () => put(next()),
      },
      h("i", { style: { background: fill } }),
      text,
    ),
  );
}

/** The clause with a name put in, or taken out if it is in; null when none is left. */
export function toggled(clause, colour, name) {
  const before = (clause?.in ?? []).map(String),
    wanted = before.includes(name) ? before.filter((one) => one !== name) : [...before, name];
  return wanted.length ? { column: colour.name, in: valuesOf(colour, wanted) } : null;
}

function valuesOf(colour, names) {
  return colour.isBool ? names.map((name) => name === "true") : names;
}

function ramp(bus, colour) {
  const ends = [`${colour.isCut ? "≤ " : ""}${short(colour.low)}`, `${colour.isCut ? "≥ " : ""}${short(colour.high)}`];
  const clause = clauseOf(bus.filter, colour.name);
  const steps = colour.colours.map((fill, at) => {
    const next = stepClause(colour, at, clause),
      isIn = !clause || overlaps(clause, edges(colour, at));
    return h("button", {
      class: `hem-ramp-step${isIn ? "" : " is-off"}`,
      style: { background: fill },
      title: `filter: ${colour.title} ${edges(colour, at).map(short).join(" to ")} (Shift adds)`,
      "aria-label": `filter: ${colour.title} ${edges(colour, at).map(short).join(" to ")}`,
      onclick: (event) =>
        bus.set({
          filter: withClause(bus.filter, colour.name, event.shiftKey ? stepClause(colour, at, clause, true) : next),
        }),
    });
  });
  return [
    h("span", { class: "hem-muted" }, ends[0]),
    h("span", { class: "hem-ramp", title: colour.title, role: "group", "aria-label": colour.title }, ...steps),
    h("span", { class: "hem-muted" }, ends[1]),
    h("span", { class: "hem-legend-title" }, colour.unit || colour.title),
  ];
}

/** The clause that a click on step `at` of a ramp gives: its range; null where that is the clause already.
 *  isAdding: the range that holds the clause's and the step's. The outermost steps are open, as their colour is. */
export function stepClause(colour, at, clause, isAdding = false) {
  const last = colour.colours.length - 1,
    [low, high] = edges(colour, at);
  let min = at === 0 ? null : low,
    max = at === last ? null : high;
  if (isAdding && clause && !clause.not) {
    min = min == null || clause.min == null ? null : Math.min(min, clause.min);
    max = max == null || clause.max == null ? null : Math.max(max, clause.max);
  } else if (clause && !clause.not && clause.min === min && clause.max === max) return null;
  return min == null && max == null ? null : { column: colour.name, min, max };
}

function edges(colour, at) {
  const width = (colour.high - colour.low) / colour.colours.length;
  return [at, at + 1].map((edge) => Number((colour.low + edge * width).toPrecision(6)));
}

function overlaps(clause, ends) {
  if (clause.not) return true;
  const middle = (ends[0] + ends[1]) / 2;
  return middle >= (clause.min ?? -Infinity) && middle <= (clause.max ?? Infinity);
}
