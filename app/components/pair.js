// "predicted → given" of one example, with a sign that does not need colour.

import { h, icon } from "./dom.js";

/** Elements that say what the label is and what the model says; right and wrong differ by icon and colour. */
export function pair(bus, row) {
  const name = (column) => {
    const found = bus.column(column);
    return found ? (found.names[found.values[row]] ?? "no label") : "";
  };
  const label = name("label"),
    predicted = name("predicted"),
    isRight = label === predicted;
  const sign = h(
    "span",
    { class: isRight ? "hem-sign is-right" : "hem-sign is-wrong", title: isRight ? "correct" : "wrong" },
    icon(isRight ? "check" : "cross"),
  );
  if (!bus.column("predicted")) return [h("span", { class: "hem-pair" }, label)];
  const text = isRight
    ? [h("span", {}, label)]
    : [
        h("span", { title: `predicted: ${predicted}` }, predicted),
        h("span", { class: "hem-muted" }, " → "),
        h("span", { title: `given: ${label}` }, label),
      ];
  return [sign, h("span", { class: "hem-pair" }, text)];
}
