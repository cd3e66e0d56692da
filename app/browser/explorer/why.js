// @ts-check
// Why this group? What sets the selection apart from the rest of the filter, in sentences that can be clicked.

import { h, icon } from "../shared/dom.js";
import { clauses } from "../shared/rules.js";
import { moreLike } from "./near.js";

const REST_MS = 120; // for which the selection stays before the server is asked
const IDLE_MS = 1500; // after the page has been drawn, until the server reads ahead
const FIRST = 4; // sentences of either sort that are shown without a click
const PREFERENCE = "why-folded";
const SORTS = [
  ["What they are", false],
  ["What the model makes of them", true],
];

/** @typedef {{subject: string, finding: string, is_of_model: boolean, rule: {all: object[]}, n: number,
 *   n_group: number, n_elsewhere: number, n_others: number, p_adjusted: number, kind: string, also: string[]}} Line
 *  @typedef {{comparison: string, verdict: string, n: number, n_tested: number, skipped: string[],
 *   statements: Line[]}} Answer */

/** Draw into `host`, which is hidden while nothing is selected or filtered. Returns {end}.
 *  @param {import("./bus.js").Bus} bus
 *  @param {{preference: (name: string) => string | null, prefer: (name: string, value: string) => void}} client */
export function makeWhy(bus, host, client) {
  let timer = 0,
    turn = 0,
    answer = /** @type {Answer | null} */ (null),
    trouble = "",
    isFolded = client.preference(PREFERENCE) === "1";
  const isOpen = new Set(); // sorts of sentences that are shown in full
  const stop = bus.on("state", (origin) => origin !== "drag" && later());
  later();
  const preparing = setTimeout(() => !isFolded && !bus.isCrowd && bus.prepareWhy().catch(() => {}), IDLE_MS);
  return {
    end() {
      stop();
      clearTimeout(timer);
      clearTimeout(preparing);
      turn++;
    },
  };

  function later() {
    clearTimeout(timer);
    turn++;
    host.hidden = !bus.hasScope();
    if (host.hidden) return;
    host.classList.add("is-late");
    if (!answer || isFolded || single(bus) !== null) draw();
    timer = setTimeout(ask, REST_MS);
  }

  async function ask() {
    const mine = ++turn;
    if (isFolded || single(bus) !== null) return;
    try {
      const found = await bus.why();
      if (mine !== turn) return;
      [answer, trouble] = [found, ""];
      isOpen.clear();
    } catch (error) {
      if (mine !== turn) return;
      [answer, trouble] = [null, error.message];
    }
    draw();
    host.classList.remove("is-late");
    host.dataset.about = JSON.stringify([bus.filter, bus.selection, bus.picks.size]);
  }

  function draw() {
    const row = single(bus);
    if (row !== null) {
      host.classList.remove("is-late");
      return host.replaceChildren(h("div", { class: "hem-head" }, ...moreLike(bus, row)));
    }
    const fold = h(
      "button",
      {
        class: "hem-why-title",
        "aria-expanded": String(!isFolded),
        title: "what is more or less frequent, higher or lower here than in the rest",
        onclick: toggle,
      },
      icon(isFolded ? "right" : "down"),
      h("h2", { class: "hem-title" }, bus.selected || bus.picks.size ? "Why this group?" : "Why these?"),
    );
    return host.replaceChildren(fold, ...(isFolded ? [] : body()));
  }

  function body() {
    if (trouble) return [h("p", { class: "hem-muted" }, trouble)];
    if (!answer) return [h("p", { class: "hem-muted" }, "comparing with the rest …")];
    const parts = [h("p", { class: "hem-muted hem-why-about", title: answer.comparison }, answer.comparison)];
    if (answer.verdict) parts.push(h("p", {}, answer.verdict));
    for (const [title, isOfModel] of SORTS) parts.push(...sort(String(title), Boolean(isOfModel)));
    if (answer.skipped.length)
      parts.push(
        h(
          "p",
          { class: "hem-muted hem-why-skipped" },
          `Not compared, because the group is chosen by them: ${answer.skipped.join(", ")}.`,
        ),
      );
    return parts;
  }

  function sort(title, isOfModel) {
    const all = (answer?.statements ?? []).filter((one) => one.is_of_model === isOfModel),
      shown = isOpen.has(title) ? all : all.slice(0, FIRST);
    if (!all.length) return [];
    const more = h(
      "button",
      {
        class: "hem-link",
        onclick: () => {
          if (!isOpen.delete(title)) isOpen.add(title);
          draw();
        },
      },
      isOpen.has(title) ? "fewer" : `${all.length - FIRST} more`,
    );
    return [
      h("h3", { class: "hem-why-sort" }, title),
      h("ul", { class: "hem-why-list" }, shown.map(line)),
      all.length > FIRST ? more : "",
    ];
  }

  /** @param {Line} one */
  function line(one) {
    const words = `${one.subject}: ${one.finding}`,
      about = `${words}\n\n${evidence(one)}`;
    return h(
      "li",
      { class: "hem-why-line", title: about },
      h("div", { class: "hem-why-text" }, h("b", {}, one.subject), ` ${one.finding}`),
      bars(one),
      h(
        "span",
        { class: "hem-why-acts" },
        act("filter", `filter by this: ${one.subject}`, () => asFilter(bus, one.rule)),
        act("lasso", `select only these inside: ${one.subject}`, () => narrowed(bus, one.rule)),
      ),
      one.also.length
        ? h("div", { class: "hem-muted hem-why-also", title: one.also.join("\n") }, `also: ${one.also.join(", ")}`)
        : "",
    );
  }

  function toggle() {
    isFolded = !isFolded;
    client.prefer(PREFERENCE, isFolded ? "1" : "");
    if (isFolded) answer = null;
    draw();
    if (!isFolded) later();
  }
}

/** The row that is picked alone, of which there is nothing to compare; null where there is none. @param {any} bus */
function single(bus) {
  return bus.picks.size === 1 ? [...bus.picks][0] : null;
}

/** The group of the page, as the server is asked about it: the picks, else the selection.
 *  @param {import("./bus.js").Bus} bus */
export function groupOf(bus) {
  return bus.picks.size ? { all: [{ rows: [...bus.picks].map(bus.idOf) }] } : bus.selection;
}

/** A statement becomes a filter, and all that it matches is seen: nothing stays selected.
 *  @param {import("./bus.js").Bus} bus */
export function asFilter(bus, rule) {
  return bus.set({ filter: { all: added(clauses(bus.filter), rule) }, selection: { all: [] } });
}

/** Of the group only the rows for which a statement is true stay selected; of a filter alone, they are selected.
 *  @param {import("./bus.js").Bus} bus */
export function narrowed(bus, rule) {
  return bus.set({ selection: { all: added(clauses(groupOf(bus)), rule) } });
}

/** The clauses with those of a rule, none twice. */
function added(before, rule) {
  const known = new Set(before.map((one) => JSON.stringify(one)));
  return [...before, ...rule.all.filter((one) => !known.has(JSON.stringify(one)))];
}

/** The share of the group over that of the others. @param {Line} one */
function bars(one) {
  const width = (part, whole) => `${whole ? (100 * part) / whole : 0}%`;
  return h(
    "span",
    { class: "hem-why-bars", "aria-hidden": "true" },
    h("i", { class: "is-here", style: { width: width(one.n, one.n_group) } }),
    h("i", { class: "is-elsewhere", style: { width: width(one.n_elsewhere, one.n_others) } }),
  );
}

/** @param {Line} one */
function evidence(one) {
  const whole = (n) => n.toLocaleString("en-US"),
    p = one.p_adjusted < 1e-4 ? "< 0.0001" : `= ${Number(one.p_adjusted.toPrecision(2))}`;
  return [
    `${whole(one.n)} of ${whole(one.n_group)} here, ${whole(one.n_elsewhere)} of ${whole(one.n_others)} elsewhere`,
    `intervals at 95%; p ${p}, corrected for all that was tested (false discovery rate)`,
    ...(one.also.length ? [`nearly the same rows: ${one.also.join(", ")}`] : []),
  ].join("\n");
}

function act(symbol, label, action) {
  return h("button", { class: "hem-tool", title: label, "aria-label": label, onclick: action }, icon(symbol));
}
