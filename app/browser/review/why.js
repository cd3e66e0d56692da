// @ts-check
// Why an example is in the queue: its reason with the evidence, and how sure one can be of it.

import { h } from "../shared/dom.js";
import { percent, quiet } from "./words.js";

const REASON_WORDS = {
  mislabelled: "its label may be wrong",
  suspect_label: "its label may be wrong",
  biased: "predictions around it are off in the same direction",
  ambiguous: "more than one label can be right",
  outlier: "unlike the rest",
  rare: "few are like it",
  subtle: "close to a look-alike class",
  unsure: "no clear reason",
  easy: "easy",
};

/** The reason with its probability, all reasons as bars, evidence, suggested label, chance of an error, and the badge.
 *  trust: {how, badge, sentence, is_grey}; kinds: the reasons that item.reason_probs has a number for. */
export function why(item, isHidden, trust, kinds) {
  if (isHidden || !item.reason) return null;
  return h(
    "section",
    { class: trust?.is_grey ? "why grey" : "why" },
    h(
      "div",
      { class: "chips" },
      chip(item, kinds),
      fact("difficulty", item.difficulty, "percentile over the whole run, 100 = hardest"),
      fact("in its class", item.difficulty_in_class, "difficulty as a percentile within the given class"),
      fact("label suspicion", item.label_suspicion, "percentile over the whole run, 100 = most suspect"),
    ),
    reasonBars(item, kinds),
    h("p", { class: "evidence" }, item.evidence || "no evidence in words"),
    item.suggested_label == null || item.suggested_label === item.label
      ? null
      : h("p", { class: "suggested" }, quiet("suggested label "), h("b", {}, item.suggested_label)),
    error(item),
    trust ? h("p", { class: `trust ${trust.how}`, title: trust.note }, trust.sentence) : null,
  );
}

/** `mislabelled 83%`; an unsure one is dashed and names the two likeliest. */
function chip(item, kinds) {
  if (item.reason === "unsure" && item.reason_probs) {
    const [first, second] = ranked(item, kinds);
    return h(
      "span",
      { class: "chip reason-unsure", title: "no single reason stands out" },
      "unsure",
      h("small", {}, ` ${first[0]} ${percent(first[1])}${second ? ` or ${second[0]} ${percent(second[1])}` : ""}`),
    );
  }
  return h(
    "span",
    { class: `chip reason-${item.reason}`, title: REASON_WORDS[item.reason] ?? "" },
    item.reason.replaceAll("_", " "),
    item.reason_prob == null ? null : h("small", {}, ` ${percent(item.reason_prob)}`),
  );
}

function ranked(item, kinds) {
  return kinds.map((kind, k) => [kind, item.reason_probs[k] ?? 0]).sort((a, b) => b[1] - a[1]);
}

function reasonBars(item, kinds) {
  if (!item.reason_probs || !kinds?.length) return null;
  const isTop = (kind, k) => (item.reason === "unsure" ? k < 2 : kind === item.reason);
  const about = { class: "reasons", role: "img", "aria-label": "probability of each reason" };
  return h(
    "div",
    about,
    ranked(item, kinds).map(([kind, share], k) =>
      h(
        "div",
        { class: isTop(kind, k) ? "reason top" : "reason", title: REASON_WORDS[kind] ?? "" },
        h("span", { class: "name" }, kind.replaceAll("_", " ")),
        h("span", { class: "track" }, h("span", { class: `fill fill-${kind}`, style: { width: `${100 * share}%` } })),
        h("span", { class: "value" }, percent(share)),
      ),
    ),
  );
}

function error(item) {
  if (item.error_prob == null) return null;
  const [low, high] = [item.error_prob_low, item.error_prob_high];
  const title = "calibrated on examples that the model was not trained on; in brackets the 90% interval";
  return h(
    "p",
    { class: "error", title },
    "a fresh model gets it wrong with probability ",
    h("b", {}, percent(item.error_prob)),
    low == null || high == null ? null : interval(low, high),
  );
}

function fact(name, value, title) {
  return value == null ? null : h("span", { class: "fact", title }, `${name} `, h("b", {}, value.toFixed(0)));
}

/** ` (71–90%)`; nothing where both ends read the same. */
export function interval(low, high) {
  const [a, b] = [low, high].map((share) => Math.round(100 * share));
  return a === b ? null : ` (${a}–${b}%)`;
}
