// @ts-check
// The filters: one control a column, each shows and replaces its clause of the rule.

import { h, icon, s, select } from "../shared/dom.js";
import { barsOf, ERROR_COLUMNS } from "./filter_bars.js";
import { bins, extent, whole } from "../shared/numbers.js";
import { clauseMask, clauseOf, clauses, every, subject, withClause } from "../shared/rules.js";

const FEW = 7;
const USUAL = ["is_correct", "reason", "label", "predicted"];
const NOT_FILTERS = new Set(["suggested_label", "index", "image_row", "duplicate_group", "x", "y"]);

/** Draw into `host`. Returns {draw(view, look), end}. */
export function makeFilters(bus, host, look) {
  const sections = h("div", { class: "hem-sections" });
  const clear = h("button", { class: "hem-link", onclick: () => bus.set({ filter: { all: [] } }) }, "Clear all");
  // A text is looked for by its words, everything else by its id.
  const sought = bus.medium === "text" ? "text" : "id",
    invitation = sought === "text" ? "Find words" : "Find an id";
  const search = h("input", {
    type: "search",
    class: "hem-input",
    placeholder: invitation,
    "aria-label": invitation.toLowerCase(),
    oninput: () => searching(),
  });
  host.replaceChildren(
    h(
      "div",
      { class: "hem-head" },
      h("h2", { class: "hem-title" }, "Filters"),
      h("span", { class: "hem-space" }),
      clear,
    ),
    h("div", { class: "hem-search" }, icon("search"), search),
    sections,
  );
  let timer = 0,
    frame = 0,
    view = null,
    parts = new Map();
  const ends = [bus.on("state", later), bus.on("tags", later)];
  return {
    draw,
    end() {
      ends.forEach((end) => end());
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    },
  };

  async function draw(next, nextLook) {
    if (nextLook) look = nextLook;
    view = { ...next };
    const wanted = wantedColumns();
    await bus.load([...wanted.filter((name) => name !== "tag"), ...ERROR_COLUMNS]);
    const key = wanted.join(" ");
    if (sections.dataset.key !== key) {
      sections.dataset.key = key;
      parts = new Map(
        wanted.map((name) => [
          name,
          name === "tag" ? tags() : bus.described[name].kind === "number" ? range(name) : facet(name),
        ]),
      );
      sections.replaceChildren(...[...parts.values()].map((part) => part.element), adder());
    }
    refresh();
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
    const text = clauseOf(bus.filter, sought)?.contains ?? "";
    if (document.activeElement !== search && search.value !== text) search.value = text;
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

  function searching() {
    clearTimeout(timer);
    timer = setTimeout(
      () => put(sought, search.value.trim() ? { column: sought, contains: search.value.trim() } : null),
      250,
    );
  }

  function section(title, name, tip, ...body) {
    const reset = h(
      "button",
      { class: "hem-link", title: "take this filter away", onclick: () => put(name, null) },
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

  function range(name) {
    const column = bus.column(name),
      [low, high] = column.unit === "percentile" ? [0, 100] : extent(column.values);
    const step = high > low ? Number(((high - low) / 200).toPrecision(1)) : 1,
      { heights, words } = barsOf(column, bins(low, high, 40), bus.column);
    const picture = sparkline(heights),
      inputs = ["min", "max"].map((end) =>
        h("input", {
          type: "range",
          class: "hem-range",
          min: String(low),
          max: String(high),
          step: "any",
          "aria-label": `${column.title} ${end}`,
          oninput: () => slide(false),
          onchange: () => slide(true),
        }),
      );
    const numbers = ["min", "max"].map((end) =>
      h("input", {
        type: "number",
        class: "hem-input hem-number",
        step: "any",
        "aria-label": `${column.title} ${end}`,
        onchange: typed,
      }),
    );
    const band = h("div", { class: "hem-band" });
    const { element, reset } = section(
      column.title,
      name,
      [
        column.meaning,
        column.unit && `unit: ${column.unit}`,
        column.range && `range: ${column.range}`,
        "higher = harder",
        column.use,
      ]
        .filter(Boolean)
        .join("\n"),
      h("div", { class: "hem-double" }, picture, band, inputs),
      h("div", { class: "hem-bounds" }, numbers[0], h("span", { class: "hem-muted" }, column.unit || "to"), numbers[1]),
      words ? h("p", { class: "hem-muted hem-bars-words" }, words) : "",
    );
    let waiting = 0;
    const clauseFor = (a, b) => {
      const min = a <= low ? null : Number(a.toPrecision(5)),
        max = b >= high ? null : Number(b.toPrecision(5));
      return min === null && max === null ? null : { column: name, min, max };
    };
    function slide(isDone) {
      let [a, b] = inputs.map((input) => Number(input.value));
      if (a > b) [a, b] = [b, a];
      [a, b] = [snapped(a), snapped(b)];
      paint(a, b);
      cancelAnimationFrame(waiting);
      if (isDone) return put(name, clauseFor(a, b));
      waiting = requestAnimationFrame(() => bus.set({ filter: withClause(bus.filter, name, clauseFor(a, b)) }, "drag"));
    }
    function snapped(value) {
      return value <= low ? low : value >= high ? high : Math.round(value / step) * step;
    }
    function typed() {
      const [a, b] = numbers.map((input, at) => (input.value === "" ? [low, high][at] : Number(input.value)));
      put(name, clauseFor(Math.min(a, b), Math.max(a, b)));
    }
    function paint(a, b) {
      const share = (value) => (high > low ? (value - low) / (high - low) : 0) * 100;
      Object.assign(band.style, { left: `${share(a)}%`, right: `${100 - share(b)}%` });
      [a, b].forEach((value, at) => {
        if (document.activeElement !== numbers[at]) numbers[at].value = String(Number(value.toPrecision(4)));
      });
    }
    return {
      element,
      refresh(clause) {
        const a = clause?.min ?? low,
          b = clause?.max ?? high;
        if (!inputs.includes(document.activeElement) || !clause) [inputs[0].value, inputs[1].value] = [a, b];
        paint(a, b);
        reset.hidden = !clause;
      },
    };
  }

  function sparkline(heights) {
    const width = 100 / heights.length;
    let path = "";
    heights.forEach((height, at) => {
      if (height) path += `M${at * width} 30V${30 - height * 28}H${(at + 1) * width - width * 0.15}V30Z`;
    });
    return s(
      "svg",
      { viewBox: "0 0 100 30", preserveAspectRatio: "none", class: "hem-spark", "aria-hidden": "true" },
      s("path", { d: path }),
    );
  }

  function facet(name) {
    const column = bus.column(name),
      isBool = column.kind === "bool";
    const shown = (text) =>
      name === "is_correct"
        ? text === "true"
          ? "correct"
          : "wrong"
        : isBool
          ? text === "true"
            ? "yes"
            : "no"
          : text;
    const list = h("div", { class: "hem-facet" }),
      more = h("button", { class: "hem-link" });
    const title = name === "is_correct" ? "prediction" : column.title;
    const { element, reset } = section(title, name, column.meaning, list, more);
    element.classList.toggle("is-grey", name === "reason" && Boolean(bus.trust?.is_grey));
    let isOpen = false,
      last = [null, null];
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
      const counts = new Uint32Array(column.names.length),
        wanted = new Set((clause?.in ?? []).map(String));
      for (let i = 0; i < bus.n; i++) if (mask[i]) counts[column.values[i]]++;
      const kept = isOpen ? order : order.filter((at, place) => place < FEW || wanted.has(column.names[at]));
      show(
        kept.map((at) => {
          const one = column.names[at];
          return {
            name: one,
            text: shown(one),
            count: counts[at],
            isOn: wanted.has(one),
            toggle: () => toggle(one, wanted),
          };
        }),
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

  function tags() {
    const list = h("div", { class: "hem-facet" }),
      { element, reset } = section("tags", "tag", "", list),
      show = lines(list);
    function refreshOne(clause, mask) {
      const counts = new Uint32Array(bus.verdictNames.length + 1);
      for (let i = 0; i < bus.n; i++) if (mask[i]) counts[bus.verdicts[i]]++;
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
          isOn: wanted.has(name),
          toggle() {
            const next = bus.verdictNames.filter((one) => (one === name ? !wanted.has(one) : wanted.has(one)));
            put("tag", next.length ? { tag: next } : null);
          },
        });
      });
      show(found);
      reset.hidden = !clause;
    }
    return { element, refresh: refreshOne };
  }

  // Lines stay the same elements while their numbers change: a click must not lose its target.
  function lines(list) {
    const known = new Map();
    const line = (name, text) => {
      const check = h("span", { class: "hem-check" }, icon("check")),
        bar = h("i"),
        number = h("span", { class: "hem-line-count hem-number" });
      const element = h(
        "button",
        { class: "hem-line", role: "checkbox", title: text, onclick: () => known.get(name).toggle() },
        check,
        h("span", { class: "hem-line-name" }, text),
        h("span", { class: "hem-line-bar" }, bar),
        number,
      );
      return { element, bar, number, toggle: null };
    };
    return (wanted) => {
      const most = Math.max(1, ...wanted.map((one) => one.count ?? 0));
      for (const { name, text, count, isOn, toggle } of wanted) {
        if (!known.has(name)) known.set(name, line(name, text));
        const one = known.get(name);
        one.toggle = toggle;
        one.element.classList.toggle("is-on", isOn);
        one.element.setAttribute("aria-checked", String(isOn));
        one.bar.style.width = count == null ? "0" : `${(count / most) * 100}%`;
        one.number.textContent = count == null ? "" : whole(count);
      }
      const elements = wanted.map((one) => known.get(one.name).element);
      if (elements.length !== list.children.length || elements.some((element, at) => element !== list.children[at]))
        list.replaceChildren(...elements);
    };
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
