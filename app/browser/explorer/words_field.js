// @ts-check
// Words for pictures: what is written here selects the pictures nearest to it, where a text–image model embedded them.

import { h, icon } from "../shared/dom.js";
import { clauses } from "../shared/rules.js";
import { USUAL_K } from "../shared/usual_k.js";

const LONGEST = 500; // as the server takes them
const SLOW_MS = 600;
const SLOW = "Loading the text–image model. This takes some seconds, for the first words only.";

/** Make it: {element, refresh()}; null where no words find a picture.
 *  @param {import("./bus.js").Bus} bus */
export function wordsField(bus) {
  if (!bus.near.words) return null;
  const note = h("p", { class: "hem-search-note hem-muted", role: "status", id: "hem-words-note", hidden: true }),
    input = h("input", {
      type: "search",
      class: "hem-input",
      placeholder: "Words for pictures",
      "aria-label": "words for pictures",
      "aria-describedby": "hem-words-note",
      title: `A description, such as: a red car at night. Enter selects the ${USUAL_K} nearest.`,
      maxLength: LONGEST,
      onkeydown: (event) => event.key === "Enter" && find(),
      onsearch: () => !input.value && find(),
    });
  return {
    element: h("div", { class: "hem-search" }, icon("near"), input, note),
    /** Show the words of the selection, unless somebody types. */
    refresh() {
      const root = /** @type {Document} */ (input.getRootNode());
      if (root.activeElement !== input) input.value = sought(bus);
    },
  };

  async function find() {
    const text = input.value.trim();
    if (text === sought(bus)) return;
    if (!text) return bus.set({ selection: { all: [] } });
    const late = setTimeout(() => say(SLOW), SLOW_MS);
    await bus.set({ selection: { all: [{ near: { words: text, k: USUAL_K } }] }, picks: new Set() });
    clearTimeout(late);
    say("");
  }

  function say(text) {
    note.hidden = !text;
    note.textContent = text;
  }
}

/** The words that the selection is near to; "" where it is something else. */
function sought(bus) {
  return clauses(bus.selection).find((one) => one.near?.words)?.near.words ?? "";
}
