// @ts-check
// What an example is said to be and what the model says, on two lines, with a sign that does not need colour.

import { h, icon } from "../shared/dom.js";
import { WRONG } from "../shared/numbers.js";

/** {given, predicted, isRight, isPartly} of one row in words; predicted is null where the run has no predictions.
 *  isPartly: it is right by its error, and something differs all the same. */
export function said(bus, row) {
  const nothing = bus.rows === "examples" ? "no label" : "none";
  const name = (column) => {
    const found = bus.column(column);
    return found ? (found.names[found.values[row]] ?? nothing) : null;
  };
  const given = name("label"),
    predicted = name("predicted"),
    error = bus.valueOf("error", row), // of a task whose errors are graded
    correct = bus.column("is_correct"),
    judged = correct?.names[correct.values[row]];
  if (judged !== undefined) return { given, predicted, isRight: judged === "true" };
  const isPartly = Boolean(bus.partly) && error > 0 && error < WRONG;
  return { given, predicted, isRight: Number.isFinite(error) ? error < WRONG : given === predicted, isPartly };
}

/** Two lines: the given label, then the sign and the predicted one; a name that is too long ends in an ellipsis.
 *  @param {import("./bus.js").Bus} bus */
export function pair(bus, row) {
  const { given, predicted, isRight, isPartly } = said(bus, row);
  const lines = [];
  if (given !== null) lines.push(h("div", { class: "hem-given", title: `given: ${given}` }, given));
  if (predicted === null) return lines;
  const word = isPartly ? bus.partly : isRight ? "correct" : "wrong";
  const look = isPartly ? "is-partly" : isRight ? "is-right" : "is-wrong";
  const sign = h(
    "span",
    { class: `hem-sign ${look}`, title: word, role: "img", "aria-label": word },
    icon(isPartly ? "almost" : isRight ? "check" : "cross"),
  );
  lines.push(
    h(
      "div",
      { class: isRight && !isPartly ? "hem-predicted is-right" : "hem-predicted", title: `predicted: ${predicted}` },
      sign,
      h("span", {}, predicted),
    ),
  );
  return lines;
}
