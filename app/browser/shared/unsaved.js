// @ts-check
// What was not saved: a list of actions with the reason, to be tried again or thrown away.

import { h } from "./dom.js";
import { plural } from "./numbers.js";

/** A line that unfolds into the list of what the outbox could not store; null when there is none.
 *  named(rule) describes the examples that a rule names. */
export function unsaved(outbox, isOpen = false, named = () => "what a filter of Explore matched") {
  const n = outbox.refused.length,
    elsewhere = outbox.elsewhere();
  if (!n && !elsewhere) return null;
  const words = [n ? `${n} not saved` : null, elsewhere ? `${elsewhere} of another workspace` : null].filter(Boolean);
  return h(
    "details",
    { class: "unsaved", open: isOpen },
    h("summary", { class: "bad" }, words.join(", ")),
    h(
      "div",
      { class: "list" },
      n
        ? h(
            "p",
            {},
            h("button", { class: "plain", onclick: () => outbox.retry() }, "Try all again"),
            h("button", { class: "plain", onclick: () => outbox.discard() }, "Discard all"),
          )
        : null,
      ...outbox.refused.map((entry) => line(outbox, entry, named)),
      elsewhere
        ? h(
            "p",
            { class: "quiet" },
            `${plural(elsewhere, "action")} of another workspace, kept in this browser: saved when that workspace is ` +
              "open at this address again.",
          )
        : null,
    ),
  );
}

function line(outbox, entry, named) {
  const { ids, rows, rule, tag, value, action } = entry.body;
  const what =
    entry.path === "/hem/undo"
      ? "undo"
      : action === "clear"
        ? "clear"
        : `${tag ?? action}${value ? ` → ${value}` : ""}`;
  const about = ids?.join(", ") ?? (rule?.all ? named(rule) : rows ? "an example whose id was hidden" : "");
  return h(
    "p",
    {},
    h("b", {}, what),
    about ? ` · ${about}` : "",
    h("br"),
    h("span", { class: "quiet" }, entry.reason),
    h("button", { class: "plain", onclick: () => outbox.retry(entry) }, "Try again"),
    h("button", { class: "plain", onclick: () => outbox.discard(entry) }, "Discard"),
  );
}
