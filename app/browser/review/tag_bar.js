// @ts-check
// The bar below an example with several labels: its tags as chips, and what else can be said of it.

import { h } from "../shared/dom.js";
import { walking, wordsOf } from "./frame.js";
import { isBesideTags } from "./tags.js";

/** @param {{tags: import("./tags.js").Tags, verdicts: any[], current: any, notBlind: string, at: number,
 *  act: any}} about */
export function tagBar({ tags, verdicts, current, notBlind, at, act }) {
  const beside = verdicts.filter(isBesideTags);
  return [
    h("span", { class: "question" }, "Which tags does it have?"),
    notBlind ? h("span", { class: "bad", role: "status" }, notBlind) : "",
    ...tags.elements(),
    tags.isSearching() ? tags.input : button("/", "search", () => act.search(true), { class: "plain" }),
    button("Enter", "confirm the set", act.confirm, { class: "act main", "data-verdict": "confirm" }),
    ...beside.map((one) =>
      button(`⇧${one.key}`, wordsOf(one), () => act.verdict(one.name), {
        class: one.name === current?.tag ? "act on" : "act",
        title: one.meaning,
        "data-verdict": one.name,
      }),
    ),
    button("0", "clear", act.clear, { title: "clear the verdict" }),
    ...walking(at, false, act, "U"),
  ].filter(Boolean);
}

function button(key, text, action, properties = {}) {
  const onclick = (event) => {
    event.currentTarget.blur();
    action();
  };
  return h("button", { class: "act", ...properties, onclick }, h("kbd", {}, key), text);
}
