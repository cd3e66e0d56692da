// @ts-check
// The search field above the filters: words, "phrases" or a /regular expression/; what it finds is a filter.

import { h, icon } from "../shared/dom.js";
import { clauseOf, withClause } from "../shared/rules.js";

const REST_MS = 250;
const HELP =
  "All words, upper or lower case, in ids, file names, labels and texts.\n" +
  '"two words" in quotes stand beside each other.\n' +
  "/a+b$/ is a regular expression; /a+b$/i ignores case.";

/** Make it. Returns {element, refresh(), end}.
 *  @param {import("./bus.js").Bus} bus */
export function searchField(bus) {
  const input = h("input", {
    type: "search",
    class: "hem-input",
    placeholder: "Words or /regex/",
    "aria-label": "search",
    title: HELP,
    maxLength: 500,
    oninput: later,
    onkeydown: (event) => event.key === "Enter" && now(),
  });
  const wrong = h("p", { class: "hem-search-wrong", role: "alert", hidden: true });
  let timer = 0,
    turn = 0;
  return {
    element: h("div", { class: "hem-search" }, icon("search"), input, wrong),
    /** Show the filter as it is, unless somebody types. */
    refresh() {
      const text = clauseOf(bus.filter, "search")?.search ?? "";
      const root = /** @type {Document} */ (input.getRootNode());
      if (root.activeElement === input || input.value === text) return;
      input.value = text;
      say("");
    },
    end: () => clearTimeout(timer),
  };

  function later() {
    clearTimeout(timer);
    timer = window.setTimeout(now, REST_MS);
  }

  async function now() {
    clearTimeout(timer);
    const mine = ++turn,
      text = input.value.trim();
    try {
      if (text.startsWith("/")) await bus.found(text, []);
    } catch (error) {
      if (mine === turn) say(error.message);
      return;
    }
    if (mine !== turn) return;
    say("");
    if ((clauseOf(bus.filter, "search")?.search ?? "") === text) return;
    bus.set({ filter: withClause(bus.filter, "search", text ? { search: text } : null) });
  }

  function say(words) {
    wrong.hidden = !words;
    wrong.textContent = words;
    input.setAttribute("aria-invalid", String(Boolean(words)));
  }
}
