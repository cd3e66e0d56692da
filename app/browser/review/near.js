// @ts-check
// What lies near an example: its neighbours and near-duplicates.

import { h } from "../shared/dom.js";
import { picture } from "./item.js";
import { number } from "./words.js";

/** Nearest neighbours or near-duplicates with their labels: as small pictures, or as lines where there are none.
 *  thumb(row) gives an address or ""; look is what stands for an example; hasClasses: labels can be counted. */
export function others(item, name, thumb, isHidden, look, hasClasses = true) {
  const list = name === "neighbours" ? item.neighbours : item.duplicates;
  const heading = name === "neighbours" ? "Nearest neighbours" : "Near-duplicates";
  if (isHidden && !list?.length) return null;
  if (name === "duplicates" && !list.length) return null;
  const none = "This run has no embeddings, so no neighbours.";
  if (!list) return h("section", { class: "others" }, h("h4", {}, heading), h("p", { class: "quiet" }, none));
  const agree = list.filter((other) => other.label === item.label).length;
  const said = isHidden || !hasClasses || item.label == null ? "" : ` ${agree} of ${list.length} have the given label`;
  const title = h("h4", {}, heading, h("span", { class: "quiet" }, said));
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
          isHidden ? null : h("figcaption", {}, other.label ?? "–"),
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
