// @ts-check
// Naming a class: of a wrong label, or of an example whose label is hidden; where there are no classes, a value.

import { matching, shortcuts } from "../shared/class_search.js";
import { h } from "../shared/dom.js";

const MOST = 40;

/** The list of classes with its search field; without classes, what is typed is the answer.
 *  isOpen: a name that is no class yet is an answer too; hasUnsure: so is that it is not known which.
 *  valueForm: how several numbers are typed. order: the classes as listed; suggested: the one to accept with Enter,
 *  null for none; choose(name) takes the one that was clicked. */
export function makeChooser({
  order,
  classes,
  suggested = null,
  isBlind,
  isOpen = false,
  hasUnsure = true,
  valueForm = "",
  choose,
}) {
  const input = h("input", {
    type: "text",
    placeholder: classes.length ? "type to search" : valueForm || "type the right value",
    "aria-label": classes.length ? "search a class" : "the right value",
    autocomplete: "off",
    spellcheck: false,
  });
  const list = h("div", { class: "choices", role: "listbox", "aria-label": "classes" });
  const keys = classes.length ? shortcuts(order, classes) : new Map(),
    keyOf = new Map([...keys].map(([key, name]) => [name, key]));
  // Classes that are named by digits leave the 0 to one of them; a number may begin with 0 or with a sign.
  const unsure = !hasUnsure ? null : !classes.length ? "?" : keys.get("0") === "0" ? "-" : "0";
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
      const n = Math.min(MOST, offered().length);
      if (n) marked = (current() + step + n) % n;
      draw();
    },
    /** The class that Enter takes; undefined for none: blind, Enter alone names no class. */
    accepted: () => offered()[current()],
  };

  function current() {
    if (marked >= 0) return marked;
    return isBlind && input.value.trim() === "" ? -1 : 0;
  }

  function offered() {
    const found = matching(order, input.value);
    const typed = input.value.trim();
    if (!typed || found.includes(typed) || classes.includes(typed)) return found;
    if (isOpen) return [...found, typed]; // what is there already comes first
    return classes.length ? found : [typed, ...found];
  }

  function draw() {
    const found = offered();
    const rest = found.length - MOST;
    const none = found.length
      ? null
      : h("span", { class: "quiet" }, classes.length ? "no class has this in its name" : "no value yet");
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
      isOpen && !order.includes(name) ? h("em", {}, "new class") : null,
    );
  }
}
