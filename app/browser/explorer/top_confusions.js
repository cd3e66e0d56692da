// @ts-check
// Beside the confusion matrix: the pairs of classes that are confused most.

import { h } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { percent } from "./matrix_paint.js";

/** The list as elements. pairs: [[given, predicted, count, support of given]], class numbers, worst first; rows: what
 *  is counted; isWhole: the matrix is shown; isAlone: it takes all the room, so that there is no list. show(isWhole)
 *  shows or hides the matrix, choose({given, predicted}) selects a pair. */
export function topConfusions({ classes, pairs, rows, isWhole, isAlone, show, choose }) {
  const toggle = h(
    "button",
    { class: "hem-button", onclick: () => show(!isWhole) },
    isAlone
      ? "Top confusions"
      : isWhole
        ? "Hide the matrix"
        : `Show all ${whole(classes.length)} × ${whole(classes.length)}`,
  );
  const lines = pairs.map(([given, predicted, here, support]) =>
    h(
      "button",
      { class: "hem-confusion", onclick: () => choose({ given, predicted }) },
      h("span", { title: classes[given] }, classes[given]),
      h("span", { class: "hem-muted" }, "→"),
      h("span", { title: classes[predicted] }, classes[predicted]),
      h("span", { class: "hem-number" }, whole(here)),
      h("span", { class: "hem-muted hem-number" }, percent(here / support)),
    ),
  );
  const heading = isAlone
    ? h("span", { class: "hem-muted" }, "Scroll to zoom, drag to move, double-click to see everything.")
    : h("b", { title: "given → predicted, count, share of given" }, "Top confusions");
  const nothing = h("p", { class: "hem-muted" }, `No confusions among these ${rows}.`);
  return [
    h("div", { class: "hem-head hem-sub" }, heading, h("span", { class: "hem-space" }), toggle),
    ...(isAlone ? [] : [h("div", { class: "hem-confusion-rows" }, lines.length ? lines : nothing)]),
  ];
}
