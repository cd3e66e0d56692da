// @ts-check
// The tags of an example, toggled by their digits: the set that Enter confirms.

import { matching } from "../shared/class_search.js";
import { h } from "../shared/dom.js";
import { percent } from "./words.js";

const MOST = 40,
  WITH_DIGITS = 9;

/** A tag as the server tells of it: {name, given: true, false or null (not known), prob}.
 *  @typedef {{name: string, given: boolean | null, prob: number | null}} Tag */

/**
 * @typedef {object} Tags
 * @property {() => boolean} isOn the digits are tags: on the examples of a run with several labels each
 * @property {() => boolean} isSearching
 * @property {() => Map<string, string>} keys digit -> tag
 * @property {(name: string | undefined) => void} toggle
 * @property {() => void} confirm
 * @property {(isOpen: boolean) => void} search
 * @property {(letter: string) => void} type
 * @property {() => string | undefined} found the first tag that the search finds
 * @property {() => HTMLElement[]} elements
 * @property {HTMLInputElement} input
 * @property {() => void} clear forget what was toggled, for another row
 */

/** @param {import("./desk.js").Desk} desk @returns {Tags} */
export function makeTags(desk) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", { type: "text", placeholder: "type to search a tag", "aria-label": "search a tag", autocomplete: "off" })
  );
  input.addEventListener("input", () => desk.screen.draw());
  let states = /** @type {Map<string, boolean | null>} */ (new Map()), // what was toggled
    isOpen = false;

  return {
    isOn: () => Boolean(desk.data?.tag_names) && desk.row !== undefined && !desk.reveal,
    isSearching: () => isOpen,
    keys: () =>
      new Map(
        ordered(tags())
          .slice(0, WITH_DIGITS)
          .map((one, k) => [String(k + 1), one.name]),
      ),
    toggle(name) {
      const one = tags().find((each) => each.name === name);
      if (!one) return;
      states.set(one.name, state(one) !== true);
      input.value = "";
      desk.screen.draw();
    },
    confirm() {
      const { row } = desk;
      if (row === undefined || (!desk.isHidden() && !desk.stock.items.has(row))) return;
      desk.judging.confirmSet(chosen(tags(), state));
    },
    search(open) {
      isOpen = open;
      if (!open) input.value = "";
      desk.screen.draw();
      if (open) input.focus();
    },
    type(letter) {
      input.value += letter;
      desk.screen.draw();
    },
    found: () => (input.value.trim() ? listed()[0]?.name : undefined),
    elements,
    input,
    clear() {
      states = new Map();
      isOpen = false;
      input.value = "";
    },
  };

  /** @returns {Tag[]} while the label is hidden nothing is given and nothing predicted */
  function tags() {
    const names = /** @type {string[]} */ (desk.data?.tag_names ?? []);
    const item = desk.stock.items.get(desk.row);
    if (!desk.isHidden() && item?.tags) return item.tags;
    return names.map((name) => ({ name, given: false, prob: null }));
  }

  function state(one) {
    return states.has(one.name) ? (states.get(one.name) ?? null) : (said()?.get(one.name) ?? one.given);
  }

  /** What a verdict says of the tags; null without one. */
  function said() {
    const item = desk.stock.items.get(desk.row);
    return desk.verdicts.get(desk.row)?.tag === "mislabelled" && item?.said_tags
      ? new Map(item.said_tags.map((one) => [one.name, one.given]))
      : null;
  }

  function listed() {
    const all = tags();
    const names = matching(
      all.map((one) => one.name),
      input.value,
    );
    return input.value.trim()
      ? names.map((name) => /** @type {Tag} */ (all.find((one) => one.name === name)))
      : ordered(all);
  }

  function elements() {
    const digits = new Map(
      ordered(tags())
        .slice(0, WITH_DIGITS)
        .map((one, k) => [one.name, String(k + 1)]),
    );
    const shown = listed();
    const rest = shown.length - MOST;
    const chips = shown.slice(0, MOST).map((one) => chip(one, state(one), digits.get(one.name), toggled(one)));
    const more = rest > 0 ? [h("span", { class: "quiet" }, `and ${rest.toLocaleString("en")} more: / searches`)] : [];
    return [h("div", { class: "tagset", role: "group", "aria-label": "tags" }, ...chips, ...more)];
  }

  function toggled(one) {
    return (event) => {
      event.currentTarget.blur();
      states.set(one.name, state(one) !== true);
      desk.screen.draw();
    };
  }
}

/** The order of the chips: up to nine stay as the run has them; of more the given and the likely ones come first.
 *  @param {Tag[]} tags @returns {Tag[]} */
export function ordered(tags) {
  if (tags.length <= WITH_DIGITS) return [...tags];
  const worth = (/** @type {Tag} */ one) => (one.given ? 2 : one.given === null ? 1 : 0) + (one.prob ?? 0);
  return tags
    .map((one, k) => ({ one, k }))
    .sort((a, b) => worth(b.one) - worth(a.one) || a.k - b.k)
    .map(({ one }) => one);
}

/** The set as it is posted: the names that it has, and those of which nobody knows.
 *  @param {Tag[]} tags @param {(one: Tag) => boolean | null} state */
export function chosen(tags, state) {
  return {
    yes: tags.filter((one) => state(one) === true).map((one) => one.name),
    unknown: tags.filter((one) => state(one) === null).map((one) => one.name),
  };
}

function chip(one, now, key, onclick) {
  const isChanged = now !== one.given;
  const look = now === true ? "tag on" : now === null ? "tag unknown" : "tag";
  const state = one.given === null ? "not known" : one.given ? "given" : "not given",
    title = `${state}; probability ${percent(one.prob)}`;
  return h(
    "button",
    {
      class: isChanged ? `${look} changed` : look,
      "aria-pressed": String(now === true),
      title,
      "data-tag": one.name,
      onclick,
    },
    key ? h("kbd", {}, key) : null,
    h("span", {}, one.name),
    one.prob == null ? null : h("small", {}, percent(one.prob)),
    now === null ? h("small", {}, "unknown") : null,
  );
}

/** What a key asks for while digits are tags; null leaves it to the keys that all examples have.
 *  desk: {tagKeys (Map digit -> tag), isSearching, isInput, found (tag), verdicts}. */
export function tagRequest(event, desk) {
  if (desk.isSearching) {
    if (event.key === "Escape") return ["tag search", false];
    if (event.key === "Enter") return desk.found === undefined ? ["tag search", false] : ["toggle", desk.found];
    return event.key.length === 1 && !desk.isInput ? ["tag letter", event.key] : desk.isInput ? null : ["nothing"];
  }
  if (event.key === "Enter") return ["confirm"];
  if (event.key === "/") return ["tag search", true];
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code ?? "")?.[1];
  if (event.shiftKey && digit) {
    const verdict = desk.verdicts.find((one) => one.key === digit && isBesideTags(one));
    return verdict ? ["verdict", verdict.name] : ["nothing"];
  }
  const key = /^[0-9]$/.test(event.key) ? event.key : digit;
  if (key && key !== "0") return desk.tagKeys.has(key) ? ["toggle", desk.tagKeys.get(key)] : ["nothing"];
  return undefined;
}

/** Whether a verdict says something other than which tags the example has. */
export function isBesideTags(verdict) {
  return !["right", "mislabelled"].includes(verdict.name);
}
