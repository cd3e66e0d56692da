// @ts-check
// Around the example in Review: progress above, verdicts below, the keys, and what comes after the last one.

import { h } from "../shared/dom.js";
import { countOf } from "./audit.js";
import { isWithoutClass } from "./key_requests.js";
import { unsaved } from "../shared/unsaved.js";

const DRAWN = {
  suspect: "among the most suspected labels",
  rare: "rare, or among the hardest",
  random: "drawn at random",
  sample: "drawn at random from its stratum",
  disputed: "people disagree",
  audit: "drawn by the audit",
  wanted: "opened by its address",
};
const ON_BUTTONS = { right: "right, nothing special", mislabelled: "label wrong…", skip: "skip" };

/** The words on the button of a verdict, which say what pressing it does. */
export const wordsOf = (verdict) => ON_BUTTONS[verdict.name] ?? verdict.words;

/** Progress, pace, what was just done, whether it is saved. n: how many the queue has, null where nobody
 *  has counted; at: which of them is on screen, null behind the last. */
export function head({ n, done, at, drawn, pace, note, outbox, isListOpen, isBlind, noBlind, isHidden, act, audit }) {
  const place = at === null ? null : `no. ${(at + 1).toLocaleString("en")}`;
  const how = !isHidden && DRAWN[drawn] ? ` · ${DRAWN[drawn]}` : "";
  const all = n === null ? "" : ` of ${n.toLocaleString("en")}`,
    usual = { n, done, words: `${all} reviewed` },
    count = audit ? countOf(audit) : usual, // the rows that an audit has sent ahead are not all that it needs
    progress = h("span", { style: { width: `${count.n ? (100 * count.done) / count.n : 0}%` } });
  return [
    h("span", { class: "progress", title: `${done}${all} in this queue have a verdict` }, progress),
    h("span", { class: "count" }, h("b", {}, count.done.toLocaleString("en")), count.words),
    pace == null ? null : h("span", { class: "quiet", title: "mean of the last 20" }, `${pace.toFixed(1)} s each`),
    place && h("span", { class: "quiet place" }, place + how),
    audit ? h("span", { class: audit.is_enough ? "good" : "quiet", title: audit.sentence }, audit.sentence) : null,
    h("span", { class: "note", role: "status", title: note }, note),
    ...saved(outbox, isListOpen),
    h(
      "button",
      {
        class: isBlind ? "plain on" : "plain",
        "aria-pressed": String(isBlind),
        title: noBlind ?? "ask which class it is, and show label, prediction and suspicion only then",
        disabled: noBlind ? true : null,
        onclick: unfocused(act.blind),
      },
      isHidden ? null : h("kbd", {}, "B"),
      "blind",
    ),
    h("button", { class: "plain", "aria-haspopup": "dialog", onclick: unfocused(act.help) }, h("kbd", {}, "?"), "keys"),
  ].filter(Boolean);
}

function saved(outbox, isListOpen) {
  const waiting = outbox.count(),
    trouble = outbox.trouble(),
    list = unsaved(outbox, isListOpen);
  if (outbox.isStuck()) {
    const words = `${waiting} kept here until the server stores them: ${trouble}`;
    return [list, h("span", { class: "bad", title: trouble }, words)];
  }
  if (list && !waiting) return [list];
  return [list, h("span", { class: waiting ? "quiet" : "good" }, waiting ? `saving ${waiting}` : "saved")];
}

/** The verdicts with their keys, undo, back and forth. */
export function verdictBar({ verdicts, current, at, isDone, act, corrects }) {
  const chosen = current && chosenOf(verdicts, current);
  return [
    ...verdicts.map((one) =>
      h(
        "button",
        {
          class: one.name === chosen ? "act on" : "act",
          disabled: isDone,
          title: one.meaning,
          "data-verdict": one.name,
          onclick: unfocused(() => act.verdict(one.name)),
        },
        h("kbd", {}, one.key),
        one.tag === undefined ? wordsOf(one) : one.words,
      ),
    ),
    corrects
      ? button("A", "add object", act.add, {
          disabled: isDone,
          title: "draw an object that is missing in this picture",
        })
      : "",
    button("0", "clear", act.clear, { disabled: isDone, title: "clear the verdict" }),
    ...walking(at, isDone, act, "U"),
  ];
}

/** Why no verdict can be given here, and the way back and forth. */
export function lockedBar({ at, isDone, act }, why) {
  return [h("span", { class: "quiet" }, why), h("span", { class: "gap" }), ...steps(at, isDone, act)];
}

/** The name of the answer that a verdict is. */
function chosenOf(verdicts, { tag, value }) {
  const same = verdicts.filter((one) => (one.tag ?? one.name) === tag);
  const exact = same.find((one) => one.tag === undefined || (!one.asks && (one.value || "") === (value || "")));
  return (exact ?? same.findLast((one) => one.asks))?.name;
}

/** The classes to choose from for a wrong label. */
export function classBar({ chooser, act, classes }) {
  return [
    h("span", { class: "question" }, classes.length ? "Which class is right?" : "Which value is right?"),
    chooser.list,
    chooser.unsure && button(chooser.unsure, "not sure which", () => act.choose(""), { class: "choice" }),
    chooser.input,
    button("Esc", "back", act.back, { class: "plain" }),
  ].filter(Boolean);
}

/** Blind: the question, and the verdicts that need no class. */
export function blindBar({ chooser, verdicts, notBlind, at, act, classes }) {
  const without = verdicts.filter(isWithoutClass);
  return [
    h("span", { class: "question" }, classes.length ? "Which class is it?" : "Which value is it?"),
    notBlind ? h("span", { class: "bad", role: "status" }, notBlind) : "",
    chooser.list,
    chooser.input,
    ...without.map((one) => button(`⇧${one.key}`, wordsOf(one), () => act.verdict(one.name), { title: one.meaning })),
    ...walking(at, false, act, "Ctrl Z"),
  ];
}

/** After a blind answer, for a moment: what was answered, and what the label is. */
export function revealBar({ reveal, at, act }) {
  const look = reveal.isSame === undefined ? "waits" : reveal.isSame ? "good" : "bad";
  return [h("span", { class: `question ${look}`, role: "status" }, revealed(reveal)), ...walking(at, false, act, "U")];
}

function revealed({ answer: named, given, isSame, stored }) {
  const answer = named || "nothing here";
  if (isSame === undefined) return `You said ${answer}. Waiting for the server to show the label.`;
  if (isSame) return `You said ${answer}, and so does the given label: stored as right.`;
  const what = stored && stored.tag !== "mislabelled" ? stored.tag : `label wrong → ${answer}`;
  return `You said ${answer}; the given label is ${given ?? "missing"}: stored as ${what}.`;
}

/** Undo, back and forth, at the end of the bar; they stay on one line. */
export function walking(at, isDone, act, undoKey) {
  const undo = button(undoKey, "undo", act.undo, { title: "undo the last action of this window" });
  return [h("span", { class: "gap" }), h("span", { class: "walk" }, undo, ...steps(at, isDone, act))];
}

function steps(at, isDone, act) {
  return [
    button("←", null, act.previous, { disabled: at === 0, "aria-label": "previous" }),
    button("→", null, act.next, { disabled: isDone, "aria-label": "next" }),
  ];
}

function button(key, text, action, properties = {}) {
  return h("button", { class: "act", ...properties, onclick: unfocused(action) }, h("kbd", {}, key), text);
}

/** A click leaves the focus to the page, so that the next key is a verdict and no second click. */
function unfocused(action) {
  return (event) => {
    event.currentTarget.blur();
    action();
  };
}

/** What comes after the last example, or why there is none; elsewhere: who has the open ones on screen; reached: why an
 *  audit can stop. */
export function finished({ n, empty, done, elsewhere, reached, act }) {
  const next = [
    ["sets", "Make a set"],
    ["labels", "See the labels"],
  ];
  return h(
    "section",
    { class: "finished" },
    h("h3", {}, reached ? "The audit is done" : titleOfEnd(n, elsewhere)),
    h("p", {}, reached ?? (n ? (elsewhere ?? done) : empty)),
    h(
      "div",
      { class: "next" },
      next.map(([page, text], k) => {
        const look = k === 0 && n ? "act main" : "act";
        return h("button", { class: look, "data-page": page, onclick: () => act.leave(page) }, text);
      }),
    ),
  );
}

function titleOfEnd(n, elsewhere) {
  if (!n) return "This queue is empty";
  return elsewhere ? "Nothing free in this queue" : "Nothing left in this queue";
}
