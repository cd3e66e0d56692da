// What was not saved: a list of verdicts with the reason, to be tried again or thrown away.

import { h } from "../shared/dom.js";

/** A line that unfolds into the list of what the outbox could not store; null when there is none. */
export function unsaved(outbox, isOpen = false) {
  const n = outbox.refused.length, elsewhere = outbox.elsewhere();
  if (!n && !elsewhere) return null;
  const words = [n ? `${n} not saved` : null, elsewhere ? `${elsewhere} of another workspace` : null].filter(Boolean);
  return h("details", { class: "unsaved", open: isOpen }, h("summary", { class: "bad" }, words.join(", ")),
    h("div", { class: "list" },
      n ? h("p", {},
        h("button", { class: "plain", onclick: () => outbox.retry() }, "Try all again"),
        h("button", { class: "plain", onclick: () => outbox.discard() }, "Discard all")) : null,
      ...outbox.refused.map((entry) => line(outbox, entry)),
      elsewhere ? h("p", { class: "quiet" },
        `${elsewhere} verdicts given in another workspace are kept in this browser. They are saved when that workspace is open at this address again.`) : null));
}

function line(outbox, entry) {
  const { ids, tag, value, action } = entry.body;
  const what = entry.path === "/hem/undo" ? "undo" : action === "clear" ? "clear" : `${tag ?? action}${value ? ` → ${value}` : ""}`;
  return h("p", {}, h("b", {}, what), ids ? ` · ${ids.join(", ")}` : "", h("br"), h("span", { class: "quiet" }, entry.reason),
    h("button", { class: "plain", onclick: () => outbox.retry(entry) }, "Try again"),
    h("button", { class: "plain", onclick: () => outbox.discard(entry) }, "Discard"));
}
