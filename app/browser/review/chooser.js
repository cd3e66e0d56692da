// @ts-check
// Naming a class: of a wrong label, or of an example whose label is hidden.

import { matching, shortcuts } from "../shared/class_search.js";
import { h } from "../shared/dom.js";

const MOST = 40;

/** The list of classes with its search field. order: the classes as listed; suggested: the one to accept with Enter,
 *  null for none; choose(name) takes the one that was clicked. */
export function makeChooser({ order, classes, suggested = null, isBlind, choose }) {
  const input = h("input", {
    type: "text",
    placeholder: "type to search",
    "aria-label": "search a class",
    autocomplete: "off",
    spellcheck: false,
  });
  const list = h("div", { class: "choices", role: "listbox", "aria-label": "classes" });
  const keys = shortcuts(order, classes),
    keyOf = new Map([...keys].map(([key, name]) => [name, key]));
  // Classes that are named by digits leave the 0 to one of them.
  const unsure = keys.get("0") === "0" ? "-" : "0";
  let marked = -1;
  input.addEventListener("input", () => {
    marked = -1;
    draw();
  });
  draw();

  return {
    input,
    list,
    keys,
    unsure,
    get isEmpty() {
      return input.value === "";
    },
    empty() {
      input.value = "";
      marked = -1;
      draw();
    },
    type(letter) {
      input.focus();
      input.value += letter;
      marked = -1;
      draw();
    },
    mark(step) {
      const n = Math.min(MOST, matching(order, input.value).length);
      if (n) marked = (current() + step + n) % n;
      draw();
    },
    /** The class that Enter takes; undefined for none: blind, Enter alone names no class. */
    accepted: () => matching(order, input.value)[current()],
  };

  function current() {
    if (marked >= 0) return marked;
    return isBlind && input.value.trim() === "" ? -1 : 0;
  }

  function draw() {
    const found = matching(order, input.value);
    const rest = found.length - MOST;
    const none = found.length ? null : h("span", { class: "quiet" }, "no class has this in its name");
    const words = `and ${rest.toLocaleString("en")} more: type to search`;
    const more = rest > 0 ? h("span", { class: "quiet" }, words) : null;
    const some = found.slice(0, MOST).map((name, k) => choice(name, k === current()));
    list.replaceChildren(...some, ...[more, none].filter(Boolean));
    list.querySelector(".marked")?.scrollIntoView({ block: "nearest" });
  }

  function choice(name, isMarked) {
    const key = input.value === "" ? keyOf.get(name) : null;
    return h(
      "button",
      { class: isMarked ? "choice marked" : "choice", title: name, role: "option", onclick: () => choose(name) },
      key ? h("kbd", {}, key) : null,
      h("span", {}, name),
      name === suggested ? h("em", {}, "suggested") : null,
    );
  }
}
