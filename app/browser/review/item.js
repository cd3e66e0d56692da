// One example as elements: picture, labels, evidence, axes, curve, neighbours. Data set text goes in as text only.

import { h, s } from "../shared/dom.js";

const REASON_WORDS = {
  mislabelled: "its label may be wrong", ambiguous: "between two classes", outlier: "unlike the rest",
  rare: "few examples like it", subtle: "close to a look-alike class", unsure: "no clear reason", easy: "easy",
};

const number = (value, digits = 3) => {
  if (value == null) return "–";
  return Math.abs(value) >= 1e5 ? value.toExponential(2) : Number(value.toPrecision(digits)).toLocaleString("en");
};
const percent = (share) => {
  if (share == null) return "–";
  if (share > 0.995 && share < 1) return ">99%";
  return share > 0 && share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`;
};

/** Until the example is here. */
export function waiting() {
  const text = h("p", { class: "quiet" }, "loading the example");
  return h("section", { class: "waiting" }, h("span", { class: "spinner" }), text);
}

/** A verdict that was given to many at once. */
export function bulk({ tag, n }, words) {
  const title = "tagged by a lasso or a filter; nobody has judged this example by itself";
  const others = (n - 1).toLocaleString("en");
  return h("span", { class: "verdict bulk", title }, `${words[tag] ?? tag}, with ${others} others`);
}

/** The original cannot be read. */
export function moved(error, picture) {
  const text = picture ? `the original cannot be read, this is its thumbnail: ${error}` : error;
  return h("span", { class: "moved", title: error }, text);
}

export function pictureless() {
  const text = "This run has no pictures: it was made from predictions, or from data without any.";
  return h("span", { class: "nothing" }, text);
}

/** Given and predicted label, top predictions. */
export function labels(item, isHidden) {
  if (isHidden) {
    const text = "Label, prediction and suspicion are hidden until you have named the class.";
    return h("section", { class: "labels hidden" }, h("p", { class: "quiet" }, text));
  }
  const given = item.label ?? "no label",
    same = item.predicted === item.label;
  const one = (name, value, title, isWrong) =>
    h("div", { class: isWrong ? "wrong" : "" }, h("span", { class: "quiet" }, name), h("strong", { title }, value));
  const listed = (item.top_classes ?? []).map((name, k) => [name, item.top_probs[k]]);
  const isListed = (item.top_classes ?? []).includes(item.label);
  if (item.label != null && listed.length && !isListed) listed.push([given, item.label_prob]);
  return h("section", { class: "labels" },
    h("div", { class: "pair" }, one("given label", given, given, false),
      one("predicted", item.predicted ?? "–", item.predicted, !same)),
    h("div", { class: "bars", role: "img", "aria-label": "top predictions" },
      listed.map(([name, share]) => classBar(name, share, name === item.label))));
}

function classBar(name, share, isGiven) {
  return h("div", { class: isGiven ? "bar given" : "bar" },
    h("span", { class: "name", title: name }, name),
    h("span", { class: "track" }, h("span", { class: "fill", style: { width: `${100 * (share ?? 0)}%` } })),
    h("span", { class: "value" }, percent(share)),
    h("span", { class: "mark" }, isGiven ? "given" : ""));
}

/** The reason with its probability, all reasons as bars, evidence, suggested label, chance of an error, and the badge.
 *  trust: {how, badge, sentence, is_grey}; kinds: the reasons that item.reason_probs has a number for. */
export function why(item, isHidden, trust, kinds) {
  if (isHidden || !item.reason) return null;
  return h("section", { class: trust?.is_grey ? "why grey" : "why" },
    h("div", { class: "chips" },
      chip(item, kinds),
      fact("difficulty", item.difficulty, "percentile over all examples, 100 = hardest"),
      fact("in its class", item.difficulty_in_class, "difficulty as a percentile within the given class"),
      fact("label suspicion", item.label_suspicion, "percentile over all examples, 100 = most suspect")),
    reasonBars(item, kinds),
    h("p", { class: "evidence" }, item.evidence || "no evidence in words for this example"),
    item.suggested_label == null || item.suggested_label === item.label ? null
      : h("p", { class: "suggested" }, quiet("suggested label "), h("b", {}, item.suggested_label)),
    error(item),
    trust ? h("p", { class: `trust ${trust.how}`, title: trust.note }, trust.sentence) : null);
}

/** `mislabelled 83%`; an unsure one is dashed and names the two likeliest. */
function chip(item, kinds) {
  if (item.reason === "unsure" && item.reason_probs) {
    const [first, second] = ranked(item, kinds);
    return h("span", { class: "chip reason-unsure", title: "no reason has a probability of one half" }, "unsure",
      h("small", {}, ` ${first[0]} ${percent(first[1])}${second ? ` or ${second[0]} ${percent(second[1])}` : ""}`));
  }
  return h("span", { class: `chip reason-${item.reason}`, title: REASON_WORDS[item.reason] ?? "" }, item.reason,
    item.reason_prob == null ? null : h("small", {}, ` ${percent(item.reason_prob)}`));
}

function ranked(item, kinds) {
  return kinds.map((kind, k) => [kind, item.reason_probs[k] ?? 0]).sort((a, b) => b[1] - a[1]);
}

function reasonBars(item, kinds) {
  if (!item.reason_probs || !kinds?.length) return null;
  const top = item.reason === "unsure" ? 2 : 1;
  const about = { class: "reasons", role: "img", "aria-label": "probability of each reason" };
  return h("div", about, ranked(item, kinds).map(([kind, share], k) =>
    h("div", { class: k < top ? "reason top" : "reason", title: REASON_WORDS[kind] ?? "" },
      h("span", { class: "name" }, kind),
      h("span", { class: "track" }, h("span", { class: `fill fill-${kind}`, style: { width: `${100 * share}%` } })),
      h("span", { class: "value" }, percent(share)))));
}

function error(item) {
  if (item.error_prob == null) return null;
  const [low, high] = [item.error_prob_low, item.error_prob_high];
  const title = "calibrated on examples that the model was not trained on; in brackets the 90% interval";
  return h("p", { class: "error", title },
    "a fresh model gets it wrong with probability ", h("b", {}, percent(item.error_prob)),
    low == null || high == null ? null : ` (${interval(low, high)})`);
}

function fact(name, value, title) {
  return value == null ? null : h("span", { class: "fact", title }, `${name} `, h("b", {}, value.toFixed(0)));
}

/** `71–90%`. */
function interval(low, high) {
  const [a, b] = [low, high].map((share) => Math.round(100 * share));
  return a === b ? `${b}%` : `${a}–${b}%`;
}

/** The four axes: a dot for the standing over all, a bar for the one within the class. */
export function axes(item, isHidden) {
  if (isHidden) return null;
  return h("section", { class: "axes" },
    h("h4", {}, "Four axes", h("span", { class: "quiet" }, " percentile, 100 = hardest")),
    h("div", { class: "axis head quiet" }, h("span"), h("span"), h("span", { class: "value" }, "all"),
      h("span", { class: "value" }, "class")),
    item.axes.map((axis) => axisLine(axis, axis.axis === item.worst_axis)));
}

function axisLine(axis, isWorst) {
  if (axis.score === null) {
    return h("div", { class: "axis missing" }, h("span", { class: "name" }, axis.axis), quiet("not in this run"));
  }
  const unit = axis.unit && axis.unit.length < 9 ? ` ${axis.unit}` : "";
  const title = `${axis.score}: ${number(axis.value)} ${axis.unit}\n${axis.meaning}`;
  const standing = (value) => h("span", { class: "value" }, value == null ? "–" : value.toFixed(0));
  return h("div", { class: isWorst ? "axis worst" : "axis", title },
    h("span", { class: "name" }, axis.axis, isWorst ? h("em", {}, "worst") : null,
      h("small", {}, `${axis.score} ${number(axis.value)}${unit}`)),
    h("span", { class: "track" },
      h("span", { class: "fill", style: { width: `${axis.all ?? 0}%` } }),
      axis.within == null ? null : h("span", { class: "tick", style: { left: `${axis.within}%` } })),
    standing(axis.all),
    standing(axis.within));
}

/** Probability of the given label over the epochs; filled dots where the prediction was the label. */
export function curve(item, isHidden) {
  if (isHidden) return null;
  const title = h("h4", {}, "Training", h("span", { class: "quiet" }, " probability of the given label by epoch"));
  const none = "No training dynamics of this example.";
  if (!item.curve) return h("section", { class: "curve" }, title, h("p", { class: "quiet" }, none));
  const values = item.curve.confidence, width = 320, height = 92, left = 22, bottom = 16, top = 6;
  const x = (epoch) => left + (values.length < 2 ? 0.5 : epoch / (values.length - 1)) * (width - left - 8);
  const y = (value) => top + (1 - value) * (height - top - bottom);
  const parts = [];
  for (const level of [0, 0.5, 1]) {
    parts.push(s("line", { x1: left, x2: width - 8, y1: y(level), y2: y(level), class: "grid" }));
    parts.push(text(left - 5, y(level) + 3, level === 0.5 ? ".5" : String(level), "end"));
  }
  const seen = values.map((value, epoch) => [epoch, value]).filter(([, value]) => value != null);
  const points = seen.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" ");
  parts.push(s("polyline", { points, class: "line" }));
  for (const [epoch, value] of seen) {
    const isHit = item.curve.is_correct[epoch] === 1;
    const r = seen.length > 40 ? 1.6 : 2.8;
    parts.push(s("circle", { cx: x(epoch), cy: y(value), r, class: isHit ? "hit" : "miss" },
      s("title", {}, `epoch ${epoch + 1}: ${value.toFixed(3)}, predicted ${isHit ? "as labelled" : "otherwise"}`)));
  }
  parts.push(text(x(0), height - 3, "1", "middle"));
  if (values.length > 1) parts.push(text(x(values.length - 1), height - 3, String(values.length), "middle"));
  return h("section", { class: "curve" }, title, s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, ...parts),
    h("p", { class: "key quiet" }, h("i", { class: "dot hit" }), "predicted as labelled",
      h("i", { class: "dot miss" }), "otherwise"));
}

function text(x, y, content, anchor) {
  return s("text", { x, y, "text-anchor": anchor }, content);
}

/** Nearest neighbours or near-duplicates with their labels: as small pictures, or as lines where there are none.
 *  thumb(row) gives an address or ""; medium is what the examples are. */
export function others(item, name, thumb, isHidden, medium) {
  const list = name === "neighbours" ? item.neighbours : item.duplicates;
  const heading = name === "neighbours" ? "Nearest neighbours" : "Near-duplicates";
  if (isHidden && !list?.length) return null;
  if (name === "duplicates" && !list.length) return null;
  const none = "This run has no embeddings, so no neighbours.";
  if (!list) return h("section", { class: "others" }, h("h4", {}, heading), h("p", { class: "quiet" }, none));
  const agree = list.filter((other) => other.label === item.label).length;
  const said = isHidden ? "" : ` ${agree} of ${list.length} have the given label`;
  const title = h("h4", {}, heading, h("span", { class: "quiet" }, said));
  if (medium === "text" || medium === "row" || medium === "none") {
    return h("section", { class: "others" }, title, h("ol", { class: "lines" }, list.map((other) =>
      h("li", { class: other.label === item.label && !isHidden ? "same" : "", title: lineTitle(other, isHidden) },
        isHidden ? null : h("b", {}, other.label ?? "–"),
        h("span", { class: other.text == null ? "quiet" : "" }, other.text ?? (isHidden ? "–" : other.id))))));
  }
  return h("section", { class: "others" }, title,
    h("div", { class: "tiles" }, list.map((other) => h("figure", {
      class: other.label === item.label && !isHidden ? "tile same" : "tile",
      title: isHidden ? null : tileTitle(other),
    }, picture(thumb(other.row), "small"), isHidden ? null : h("figcaption", {}, other.label ?? "–")))));
}

function lineTitle(other, isHidden) {
  return isHidden ? (other.text ?? "") : `${other.id}\n${other.text ?? ""}`;
}

function tileTitle(other) {
  const distance = other.distance == null ? "" : `cosine distance ${number(other.distance)}`;
  return [other.id, `label ${other.label}`, `predicted ${other.predicted}`, distance].filter(Boolean).join("\n");
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
    return h("section", { class: "history" }, title, h("p", { class: "quiet" }, "Nobody has judged this example."));
  }
  const at = (event) => new Date(event.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  return h("section", { class: "history" }, title, h("ol", {}, item.history.map((event) =>
    h("li", { class: event.is_undone ? "undone" : "" },
      h("time", {}, at(event)), ` ${event.who}: ${done(event, words)}`))));
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
  return h("p", { class: "relatives" }, item.relatives.map((one) => h("a", { href: one.address }, one.words)));
}

/** Every column of the example, folded away. */
export function columns(item, isHidden) {
  if (isHidden) return null;
  const worded = ({ value, unit }) =>
    [typeof value === "number" ? number(value, 5) : String(value ?? "–"), unit].join(" ");
  return h("details", { class: "columns" }, h("summary", {}, "All columns"),
    h("dl", {}, h("dt", {}, "id"), h("dd", {}, item.id),
      item.columns.flatMap((column) => [h("dt", {}, column.name), h("dd", {}, worded(column))])));
}

function quiet(text) {
  return h("span", { class: "quiet" }, text);
}
