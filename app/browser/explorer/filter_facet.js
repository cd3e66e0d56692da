// @ts-check
// The filters that are lists: a line a name, with how many examples a click would give.

import { h, icon } from "../shared/dom.js";
import { whole as inWords } from "../shared/numbers.js";
import { shownOn } from "./shown_name.js";
import { barsOfLines, chosenMask, counted as countedUnder } from "./filter_chosen.js";

const FEW = 7;

/** The filter of a column with names: {element, refresh(clause, mask)}; mask (N) is what the other filters leave.
 *
 *  panel: {bus, section(title, name, tip, ...body) -> {element, reset}, put(name, clause)}. */
export function facetFilter({ bus, section, put }, name) {
  const column = bus.column(name),
    isBool = column.kind === "bool";
  const shown = (text) => shownOn(bus, name, text, isBool);
  const list = h("div", { class: "hem-facet" }),
    more = h("button", { class: "hem-link" });
  const title = name === "is_correct" ? "prediction" : column.title;
  const { element, reset } = section(title, name, column.meaning, list, more);
  element.classList.toggle("is-grey", name === "reason" && Boolean(bus.trust?.is_grey));
  let isOpen = false,
    last = [null, null],
    counted = null, // the mask that was counted last, and its counts
    counts = null;
  const show = lines(list);
  const total = new Uint32Array(column.names.length),
    order = column.names.map((_, at) => at);
  for (let i = 0; i < bus.n; i++) total[column.values[i]]++;
  if (!isBool && !["label", "predicted"].includes(name)) order.sort((a, b) => total[b] - total[a]);
  more.addEventListener("click", () => {
    isOpen = !isOpen;
    refreshOne(...last);
  });
  function refreshOne(clause, mask) {
    last = [clause, mask];
    const wanted = new Set((clause?.in ?? []).map(String));
    if (mask !== counted) {
      counts = countedUnder(column.values, mask, column.names.length);
      counted = mask;
    }
    const chosen = countedUnder(column.values, chosenMask(bus), column.names.length);
    const kept = isOpen ? order : order.filter((at, place) => place < FEW || wanted.has(column.names[at]));
    show(
      kept.map((at) => {
        const one = column.names[at];
        return {
          name: one,
          text: shown(one),
          count: counts[at],
          chosen: chosen?.[at],
          isOn: wanted.has(one),
          toggle: () => toggle(one, wanted),
        };
      }),
      wholeOf(counts, chosen),
    );
    more.hidden = order.length <= FEW;
    more.textContent = isOpen ? "fewer" : `${order.length - kept.length} more`;
    reset.hidden = !clause;
  }
  function toggle(text, wanted) {
    const next = new Set(wanted);
    if (!next.delete(text)) next.add(text);
    const values = column.names.filter((one) => next.has(one)).map((one) => (isBool ? one === "true" : one));
    put(name, values.length ? { column: name, in: values } : null);
  }
  return { element, refresh: refreshOne };
}

/** The filter of the verdicts, like `facetFilter`. */
export function tagFilter({ bus, section, put }) {
  const list = h("div", { class: "hem-facet" }),
    { element, reset } = section("tags", "tag", "", list),
    show = lines(list);
  function refreshOne(clause, mask) {
    const counts = new Uint32Array(bus.verdictNames.length + 1);
    for (let i = 0; i < bus.n; i++) if (mask[i]) counts[bus.verdicts[i]]++;
    const chosen = countedUnder(bus.verdicts, chosenMask(bus), counts.length);
    const is = (one) => JSON.stringify(clause) === JSON.stringify(one),
      wanted = new Set(clause?.tag ?? []);
    const flip = (one) => put("tag", is(one) ? null : one),
      none = { tag: [] },
      any = { not: { tag: [] } };
    const found = [
      { name: "/none", text: "no tag", isOn: is(none), toggle: () => flip(none) },
      { name: "/any", text: "any tag", isOn: is(any), toggle: () => flip(any) },
    ];
    bus.verdictNames.forEach((name, at) => {
      if (!counts[at + 1] && !wanted.has(name)) return;
      found.push({
        name,
        text: name,
        count: counts[at + 1],
        chosen: chosen?.[at + 1],
        isOn: wanted.has(name),
        toggle() {
          const next = bus.verdictNames.filter((one) => (one === name ? !wanted.has(one) : wanted.has(one)));
          put("tag", next.length ? { tag: next } : null);
        },
      });
    });
    show(found, wholeOf(counts, chosen));
    reset.hidden = !clause;
  }
  return { element, refresh: refreshOne };
}

/** How many rows the lines are of, in the filter and in the selection. */
function wholeOf(counts, chosen) {
  const sum = (list) => list.reduce((total, count) => total + count, 0);
  return { count: sum(counts), chosen: chosen ? sum(chosen) : 0 };
}

// Lines stay the same elements while their numbers change: a click must not lose its target.
function lines(list) {
  const known = new Map();
  const line = (name) => {
    const check = h("span", { class: "hem-check" }, icon("check")),
      bar = h("i"),
      mark = h("i", { class: "is-chosen" }),
      label = h("span", { class: "hem-line-name" }),
      some = h("span", { class: "hem-line-chosen hem-number" }),
      number = h("span", { class: "hem-line-count hem-number" });
    const element = h(
      "button",
      { class: "hem-line", role: "checkbox", onclick: () => known.get(name).toggle() },
      check,
      label,
      h("span", { class: "hem-line-bar" }, mark, bar),
      some,
      number,
    );
    return { element, label, bar, mark, some, number, toggle: null };
  };
  return (wanted, whole) => {
    const bars = barsOfLines(wanted, whole);
    for (const [at, { name, text, count, chosen, isOn, toggle }] of wanted.entries()) {
      if (!known.has(name)) known.set(name, line(name));
      const one = known.get(name);
      if (one.label.textContent !== text) one.label.textContent = one.element.title = text;
      one.toggle = toggle;
      one.element.classList.toggle("is-on", isOn);
      one.element.setAttribute("aria-checked", String(isOn));
      one.bar.style.width = `${bars[at].bar * 100}%`;
      one.mark.hidden = one.some.hidden = chosen == null;
      one.mark.style.width = `${(bars[at].chosen ?? 0) * 100}%`;
      one.some.textContent = chosen == null ? "" : inWords(chosen);
      one.some.title = chosen == null ? "" : `${inWords(chosen)} of the selection`;
      one.number.textContent = count == null ? "" : inWords(count);
    }
    const elements = wanted.map((one) => known.get(one.name).element);
    if (elements.length !== list.children.length || elements.some((element, at) => element !== list.children[at]))
      list.replaceChildren(...elements);
  };
}
