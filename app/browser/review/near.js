// @ts-check
// What lies near an example: its neighbours and near-duplicates.

import { USUAL_K } from "../shared/usual_k.js";
import { h } from "../shared/dom.js";
import { levelQuery } from "../shared/level.js";
import { picture } from "./item.js";
import { number } from "./words.js";

/** Nearest neighbours or near-duplicates with their labels: as small pictures, or as lines where there are none.
 *  thumb(row) gives an address or ""; look is what stands for an example; hasClasses: labels can be counted;
 *  moreOf(id): the address of Explore with what is like an example, null where a run has no embedding. */
export function others(item, name, thumb, isHidden, look, hasClasses = true, moreOf = null) {
  const list = name === "neighbours" ? item.neighbours : item.duplicates;
  const heading = name === "neighbours" ? "Nearest neighbours" : "Near-duplicates";
  if (isHidden && !list?.length) return null;
  if (name === "duplicates" && !list.length) return null;
  const none = "This run has no embeddings, so no neighbours.";
  if (!list) return h("section", { class: "others" }, h("h4", {}, heading), h("p", { class: "quiet" }, none));
  const agree = list.filter((other) => other.label === item.label).length;
  const said = isHidden || !hasClasses || item.label == null ? "" : ` ${agree} of ${list.length} have the given label`;
  const more = (id, words) =>
    moreOf && !isHidden
      ? h("a", { class: "more", href: moreOf(id), title: `more like ${id}, in Explore` }, words)
      : null;
  const all = name === "neighbours" ? more(item.id, "More like this") : null;
  const title = h("h4", {}, heading, h("span", { class: "quiet" }, said), all ? " " : "", all);
  if (look !== "picture") {
    return h(
      "section",
      { class: "others" },
      title,
      h(
        "ol",
        { class: "lines" },
        list.map((other) =>
          h(
            "li",
            {
              class: other.label === item.label && !isHidden ? "same" : "",
              title: lineTitle(other, isHidden),
              "data-near": String(other.row),
            },
            isHidden ? null : h("b", {}, other.label ?? "–"),
            h("span", { class: other.text == null ? "quiet" : "" }, other.text ?? (isHidden ? "–" : other.id)),
            more(other.id, "≈"),
          ),
        ),
      ),
    );
  }
  return h(
    "section",
    { class: "others" },
    title,
    h(
      "div",
      { class: "tiles" },
      list.map((other) =>
        h(
          "figure",
          {
            class: other.label === item.label && !isHidden ? "tile same" : "tile",
            "data-near": String(other.row),
            title: isHidden ? null : tileTitle(other),
          },
          picture(thumb(other.row), "small"),
          isHidden ? null : h("figcaption", {}, other.label ?? "–", more(other.id, " ≈")),
        ),
      ),
    ),
  );
}

function lineTitle(other, isHidden) {
  return isHidden ? (other.text ?? "") : `${other.id}\n${other.text ?? ""}`;
}

function tileTitle(other) {
  const distance = other.distance == null ? "" : `cosine distance ${number(other.distance)}`;
  return [other.id, `label ${other.label}`, `predicted ${other.predicted}`, distance].filter(Boolean).join("\n");
}

/** Where Explore shows what is like an example of a level of a run, the nearest first. */
export function exploreNear({ run, level }, id) {
  const selection = JSON.stringify({ all: [{ near: { id, k: USUAL_K } }] }),
    query = [`run=${encodeURIComponent(run)}`, levelQuery(level), `selection=${encodeURIComponent(selection)}`];
  return `explore?${query.filter(Boolean).join("&")}`;
}
