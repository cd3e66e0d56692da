// @ts-check
// One example as elements: picture, labels, history, columns. Text of the data goes in as text only.

import { h } from "../shared/dom.js";
import { WRONG } from "../shared/numbers.js";
import { number, percent } from "./words.js";

const FROM = String(WRONG).replace(/^0/, "");
/** What is hidden until the key L is pressed. */
export const UNSURE = `predictions with a confidence below ${FROM}, which count as no errors`;

/** Until the example is here. */
export function waiting(words = "loading the example") {
  const text = h("p", { class: "quiet" }, words);
  return h("section", { class: "waiting" }, h("span", { class: "spinner" }), text);
}

/** A verdict that was given to many at once. */
export function bulk({ tag, n }, words) {
  const title = "tagged by a lasso or a filter; not reviewed one at a time";
  const others = (n - 1).toLocaleString("en");
  return h("span", { class: "verdict bulk", title }, `${words[tag] ?? tag}, with ${others} others`);
}

/** How many predictions are too unsure to be drawn at first, and the way to see them. */
export function unsure({ n, isShown, act }) {
  const what = `${n.toLocaleString("en")} unsure ${n === 1 ? "prediction" : "predictions"}`;
  const onclick = (event) => {
    event.currentTarget.blur();
    act.unsure();
  };
  return h(
    "button",
    { class: isShown ? "unsure on" : "unsure", "aria-pressed": String(isShown), title: UNSURE, onclick },
    h("kbd", {}, "L"),
    isShown ? `${what} shown` : `${what} hidden`,
  );
}

/** What several people said of the example, each with a name. */
export function opinions(item, isHidden, worded) {
  if (isHidden || !item.opinions?.length) return null;
  return h(
    "section",
    { class: "opinions", role: "group", "aria-label": "what people said" },
    item.opinions.map((one) =>
      h("div", { class: "opinion", title: one.at }, h("b", {}, one.who), " ", h("span", {}, worded(one))),
    ),
  );
}

/** The original cannot be read. */
export function moved(error, picture) {
  const text = picture ? `The original cannot be read; this is its thumbnail: ${error}` : error;
  return h("span", { class: "moved", title: error }, text);
}

export function pictureless() {
  const text = "Nothing to show: the run was made from predictions alone, without pictures, texts or columns.";
  return h("span", { class: "nothing" }, text);
}

/** Given and predicted label, top predictions. */
export function labels(item, isHidden) {
  if (isHidden) {
    const text = "Label, prediction and suspicion are hidden until you have answered.";
    return h("section", { class: "labels hidden" }, h("p", { class: "quiet" }, text));
  }
  const given = item.given ?? item.label ?? (item.scene?.part ? "nothing" : "no label"),
    isWrong = item.error == null ? item.predicted !== item.label : item.error >= WRONG;
  const one = (name, value, title, isMarked) =>
    h("div", { class: isMarked ? "wrong" : "" }, h("span", { class: "quiet" }, name), h("strong", { title }, value));
  const listed = (item.top_classes ?? []).map((name, k) => [name, item.top_probs[k]]);
  const isListed = (item.top_classes ?? []).includes(item.label);
  if (item.label != null && listed.length && !isListed) listed.push([given, item.label_prob]);
  return h(
    "section",
    { class: "labels" },
    h(
      "div",
      { class: "pair" },
      one("given label", given, given, false),
      one("predicted", item.predicted ?? "–", item.predicted, isWrong),
    ),
    h(
      "div",
      { class: "bars", role: "img", "aria-label": "top predictions" },
      listed.map(([name, share]) => classBar(name, share, name === item.label)),
    ),
  );
}

function classBar(name, share, isGiven) {
  return h(
    "div",
    { class: isGiven ? "bar given" : "bar" },
    h("span", { class: "name", title: name }, name),
    h("span", { class: "track" }, h("span", { class: "fill", style: { width: `${100 * (share ?? 0)}%` } })),
    h("span", { class: "value" }, percent(share)),
    h("span", { class: "mark" }, isGiven ? "given" : ""),
  );
}

/** A picture; tiny ones are scaled up crisp. */
export function picture(address, size) {
  if (!address) return h("span", { class: `nothing ${size}` }, "no picture");
  const image = h("img", { src: address, alt: "", draggable: false });
  const isTiny = () => image.naturalWidth * 2 <= image.clientWidth || image.naturalWidth <= 96;
  const settle = () => image.classList.toggle("crisp", isTiny());
  image.addEventListener("load", settle);
  return image;
}

/** What people said about this example, newest first. */
export function history(item, isHidden, words) {
  if (isHidden) return null;
  const title = h("h4", {}, "History");
  if (!item.history.length) {
    return h("section", { class: "history" }, title, h("p", { class: "quiet" }, "No verdict yet."));
  }
  const at = (event) => new Date(event.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  return h(
    "section",
    { class: "history" },
    title,
    h(
      "ol",
      {},
      item.history.map((event) =>
        h(
          "li",
          { class: event.is_undone ? "undone" : "" },
          h("time", {}, at(event)),
          ` ${event.who}: ${done(event, words)}`,
        ),
      ),
    ),
  );
}

function done(event, words) {
  const tag = words[event.tag] ?? event.tag;
  const what = { clear: "cleared", add: tag }[event.action] ?? `${event.action}: ${tag}`;
  const value = event.value ? ` → ${event.value}` : "";
  return what + value + (event.n > 1 ? ` (with ${(event.n - 1).toLocaleString("en")} others)` : "");
}

/** Links to the example that a part is of, or to the parts of an example; null where a run has examples alone. */
export function relatives(item, isHidden) {
  if (isHidden || !item.relatives?.length) return null;
  return h(
    "p",
    { class: "relatives" },
    item.relatives.map((one) => h("a", { href: one.address }, one.words)),
  );
}

let areColumnsOpen = false; // as it was left on the example before

/** Every column of the example, folded away until it is opened; then it stays open from example to example. */
export function columns(item, isHidden) {
  if (isHidden) return null;
  const worded = ({ value, unit }) =>
    [typeof value === "number" ? number(value, 5) : String(value ?? "–"), unit].join(" ");
  return h(
    "details",
    {
      class: "columns",
      open: areColumnsOpen,
      ontoggle: ({ currentTarget }) => (areColumnsOpen = currentTarget.open),
    },
    h("summary", {}, "All columns"),
    h(
      "dl",
      {},
      h("dt", {}, "id"),
      h("dd", {}, item.id),
      item.columns.flatMap((column) => [h("dt", {}, column.name), h("dd", {}, worded(column))]),
    ),
  );
}
