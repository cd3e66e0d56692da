// @ts-check
// What a search found, marked on tiles and in the table; the text of a tile begins near the first word that was found.

import { clauses } from "../shared/rules.js";

const FOUND = "hem-found";

/** The search of a filter; "" without one. */
function searchIn(filter) {
  return clauses(filter).find((one) => "search" in one)?.search ?? "";
}

/** Mark what the search of the filter finds in `elements`, which show `rows`; without one, take old marks away.
 *  isStill(): are these the elements on screen?
 *  @param {import("./bus.js").Bus} bus @param {number[]} rows @param {any[]} elements @param {() => boolean} isStill */
export async function markFound(bus, rows, elements, isStill) {
  const text = searchIn(bus.filter),
    open = elements.map((element, k) => [element, rows[k]]).filter(([element]) => element.dataset.found !== text);
  if (!text) {
    for (const element of elements) if (element.querySelector(`.${FOUND}, [data-full]`)) unmarked(element);
    return;
  }
  if (!open.length) return;
  const found = await bus.found(
    text,
    open.map(([, row]) => row),
  );
  if (!isStill()) return;
  open.forEach(([element], k) => {
    unmarked(element);
    element.dataset.found = text;
    const snippet = element.querySelector(".hem-snippet");
    if (snippet && found[k].excerpt) {
      snippet.dataset.full ??= snippet.textContent;
      snippet.textContent = found[k].excerpt;
    }
    mark(element, found[k].terms);
  });
}

function unmarked(element) {
  for (const one of element.querySelectorAll(`mark.${FOUND}`)) one.replaceWith(one.textContent);
  for (const one of element.querySelectorAll("[data-full]")) {
    one.textContent = one.dataset.full;
    delete one.dataset.full;
  }
  element.normalize();
  delete element.dataset.found;
}

function mark(element, terms) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT),
    nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    const parts = cut(node.textContent ?? "", terms);
    if (parts.length < 2 && !parts[0]?.[1]) continue;
    node.replaceWith(...parts.map(([text, isFound]) => (isFound ? marked(text) : text)));
  }
}

function marked(text) {
  const one = document.createElement("mark");
  one.className = FOUND;
  one.textContent = text;
  return one;
}

/** A text as [part, whether it is one of the terms], upper or lower case; the longest term wins.
 *  @param {string} text @param {string[]} terms @returns {[string, boolean][]} */
export function cut(text, terms) {
  const lower = text.toLowerCase(),
    wanted = terms.map((one) => one.toLowerCase()).sort((a, b) => b.length - a.length),
    out = /** @type {[string, boolean][]} */ ([]);
  if (lower.length !== text.length) return [[text, false]]; // letters whose lower case is longer
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const term = wanted.find((one) => one && lower.startsWith(one, at));
    if (!term) at++;
    else {
      if (at > from) out.push([text.slice(from, at), false]);
      out.push([text.slice(at, at + term.length), true]);
      from = at += term.length;
    }
  }
  if (from < text.length) out.push([text.slice(from), false]);
  return out;
}
