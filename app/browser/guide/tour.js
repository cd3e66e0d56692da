// @ts-check
// Three hints for somebody who opens HEM for the first time, one a page: shown once, never over a click.

import { h } from "../shared/dom.js";

const KEY = "hem-hints"; // pages whose hint was dismissed, or "all"
/** @type {Record<string, string>} */
const HINTS = {
  overview: "The numbers show how good the model is. Click a bar, or one of the buttons, to open examples in Explore.",
  explore: "Draw a lasso on the map, or filter on the left. Tags and Create set, below, act on all that is selected.",
  review: "One example at a time: a digit gives the verdict and goes on, U takes it back, ? lists all keys.",
};
const PAGES = Object.keys(HINTS);

/** The hint of a page that nobody has dismissed yet: {text, at, of}; null when there is none.
 *  @param {string} page @param {Pick<Storage, "getItem"> | null} kept */
export function hint(page, kept) {
  const seen = kept?.getItem(KEY) ?? "";
  if (!kept || !HINTS[page] || seen === "all" || seen.split(" ").includes(page)) return null;
  return { text: HINTS[page], at: PAGES.indexOf(page) + 1, of: PAGES.length };
}

/** Never show the hint of this page again; isAll: none at all. */
export function dismiss(page, kept, isAll = false) {
  const seen = new Set((kept.getItem(KEY) ?? "").split(" ").filter(Boolean)).add(page);
  kept.setItem(KEY, isAll || PAGES.every((one) => seen.has(one)) ? "all" : [...seen].join(" "));
}

/** Show all hints once more. */
export function again(kept) {
  kept.removeItem(KEY);
}

/** Draw the hint of a page into `host`, or nothing. */
export function drawHint(host, page, kept) {
  const found = hint(page, kept);
  host.hidden = !found;
  host.replaceChildren(...(found ? card(found) : []));

  function card({ text, at, of }) {
    const done = (isAll) => () => {
      dismiss(page, kept, isAll);
      drawHint(host, page, kept);
    };
    return [
      h("p", {}, h("b", {}, `${at} of ${of}`), " ", text),
      h("button", { class: "hem-hint-main", onclick: done(false) }, "Got it"),
      at < of ? h("button", { onclick: done(true) }, "No more hints") : "",
    ];
  }
}
