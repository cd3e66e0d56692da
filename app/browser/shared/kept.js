// @ts-check
// Below Explore: which actions are still on their way to the server, and which it has refused.

import { h } from "./dom.js";
import { short } from "./numbers.js";
import { describe } from "./rules.js";
import { unsaved } from "./unsaved.js";

/** Draw the outbox of `bus` into `host`, which stays empty while everything is stored. */
export function drawKept(bus, host) {
  const { outbox } = bus,
    waiting = outbox.count(),
    isOpen = Boolean(host.querySelector("details")?.open);
  const words = (rule) => rule.all.map((clause) => describe(clause, bus.title, short)).join("; ");
  host.dataset.waiting = waiting;
  host.dataset.refused = outbox.refused.length;
  host.replaceChildren(...[line(outbox, waiting), unsaved(outbox, isOpen, words)].filter(Boolean));
}

function line(outbox, waiting) {
  if (!waiting) return null;
  if (!outbox.isStuck()) return h("span", { class: "hem-muted" }, `saving ${waiting}`);
  const where = outbox.unkept() ? "kept while this page is open" : "kept in this browser";
  const words = `${waiting} ${where} until the server stores them: ${outbox.trouble()}`;
  return h("span", { class: "hem-kept-trouble", title: words }, words);
}
