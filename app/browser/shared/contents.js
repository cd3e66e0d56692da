// @ts-check
// Examples without a picture: a text with the words that drive its loss, or a row's features. Text goes in as text.

import { h } from "./dom.js";

const SMALL = 0.05; // a weaker mark is not worth a colour

/** What a tile shows of a text or a row, or null: content is a text, or [{name, value, unusual}], most unusual
 *  first. */
export function snippet(content, most = 6) {
  if (typeof content === "string") return h("div", { class: "hem-snippet" }, content || "(empty text)");
  if (!Array.isArray(content)) return null;
  const lines = content.slice(0, most).map(({ name, value }) => [h("dt", {}, name), h("dd", {}, valueText(value))]);
  return h("dl", { class: "hem-row-snippet" }, lines.flat());
}

/** The same as plain text, for tooltips. */
export function snippetText(content) {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ name, value }) => `${name}: ${valueText(value)}`).join("\n");
}

/** A whole text with its marks: [[start, end, weight in -1 … 1]] in characters; weight > 0 drives the loss up. */
export function marked(text, marks) {
  const out = h("div", { class: "text" });
  for (const [part, weight] of pieces(text, marks)) {
    if (Math.abs(weight) < SMALL) out.append(part);
    else {
      const title = `drives the loss ${weight > 0 ? "up" : "down"} (${weight.toFixed(2)})`;
      const mark = h("mark", { class: weight > 0 ? "harder" : "easier", title }, part);
      mark.style.setProperty("--weight", Math.min(1, Math.abs(weight)).toFixed(2));
      out.append(mark);
    }
  }
  if (!out.querySelector("mark")) return out;
  const legend = [
    "words ",
    h("span", { class: "harder" }, "against"),
    " and ",
    h("span", { class: "easier" }, "for"),
    " the given label",
  ];
  return h("div", {}, out, h("p", { class: "legend" }, ...legend));
}

/** A text cut at its marks: [[part, weight]]. Characters are code points, as Python counts; the first of two that
 *  overlap counts. */
export function pieces(text, marks) {
  const letters = Array.from(text),
    out = [];
  let at = 0;
  for (const [start, end, weight] of [...(marks ?? [])].sort((a, b) => a[0] - b[0])) {
    const from = Math.max(at, start),
      to = Math.min(letters.length, end);
    if (to <= from) continue;
    if (from > at) out.push([letters.slice(at, from).join(""), 0]);
    out.push([letters.slice(from, to).join(""), weight]);
    at = to;
  }
  if (at < letters.length) out.push([letters.slice(at).join(""), 0]);
  return out;
}

/** The features of a row beside its neighbours', the most unusual first.
 *  @param {{name: string, value: any, usual: any, distance?: number, same?: number, unusual: number}[]} features */
export function featureTable(features, isCompared) {
  const line = (one) =>
    h(
      "tr",
      { class: isCompared && one.unusual >= 0.5 ? "odd" : "" },
      h("th", { scope: "row", title: one.name }, one.name),
      h("td", { class: isCompared && typeof one.value === "number" ? "value number" : "value" }, valueText(one.value)),
      isCompared
        ? h("td", { class: typeof one.usual === "number" ? "quiet number" : "quiet" }, valueText(one.usual))
        : null,
      isCompared
        ? h(
            "td",
            { class: "how" },
            h("span", { class: "track" }, h("span", { class: "fill", style: { width: `${100 * one.unusual}%` } })),
            h("span", { class: "quiet" }, howUnusual(one)),
          )
        : null,
    );
  const head = isCompared ? ["feature", "value", "its neighbours", "how unusual"] : ["feature", "value"];
  return h(
    "table",
    { class: "features" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        head.map((name) => h("th", { scope: "col" }, name)),
      ),
    ),
    h("tbody", {}, features.map(line)),
  );
}

/** How unusual a feature is, in words. */
export function howUnusual({ value, distance, same, of }) {
  if (distance != null) {
    const size = Math.abs(distance);
    if (size < 0.05) return "like them";
    return `${size >= 10 ? size.toFixed(0) : size.toFixed(1)} spreads ${distance > 0 ? "above" : "below"}`;
  }
  if (same == null) return "nowhere else";
  return `${same === 0 ? "none" : same} of ${of} ${value == null ? "miss it too" : "have the same"}`;
}

function valueText(value) {
  if (value == null) return "missing";
  if (typeof value === "number")
    return Number.isInteger(value) ? value.toLocaleString("en-US") : String(Number(value.toPrecision(5)));
  return String(value);
}
