// @ts-check
// The sheet of keys: one for the whole app, with those of the page on screen first.

import { h, icon } from "../shared/dom.js";
import { EVERYWHERE, EXPLORE, reviewSections } from "../shared/keys.js";

/** @typedef {import("../shared/keys.js").Section} Section */

/** All sections; `own` are those of the page on screen, which stand first and replace others of the same title.
 *  @param {string} page its name @param {Section[]} own @returns {Section[]} */
export function sections(page, own, verdicts = []) {
  const without = verdicts.filter((one) => !["right", "hard", "mislabelled"].includes(one.name));
  const review = reviewSections(verdicts, { isDrawn: true, blind: without, hasBoxes: true });
  const others = page === "review" ? [...review, ...EXPLORE] : [...EXPLORE, ...review];
  const titles = new Set(own.map((one) => one.title));
  const [first, ...rest] = [...own, ...others.filter((one) => !titles.has(one.title))];
  return [first, EVERYWHERE, ...rest];
}

/** @type {HTMLDialogElement | null} */
let open = null;
/** @type {{page: string, verdicts: any[], home: HTMLElement | null}} */
let here = { page: "", verdicts: [], home: null };

/** Say which page is on screen, which verdicts this workspace offers, and which element has the colours of the theme.
 *  @param {typeof here} about */
export function tell(about) {
  here = about;
}

/** Open the sheet, or close it where it is open. own: the sections of the page on screen. @param {Section[]} own */
export function toggleSheet(own = []) {
  if (open?.isConnected) return open.close();
  const close = h("button", { class: "hem-sheet-close", "aria-label": "close", onclick: () => open?.close() });
  close.append(icon("close"));
  const sheet = h(
    "dialog",
    { class: "hem-sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "hem-sheet-title" },
    h("header", {}, h("h2", { id: "hem-sheet-title" }, "Keys"), close),
    h("div", { class: "hem-sheet-parts" }, sections(here.page, own, here.verdicts).map(part)),
  );
  sheet.addEventListener("keydown", (event) => {
    event.stopPropagation(); // nothing on the page below hears it
    if (event.key === "?") sheet.close();
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  sheet.addEventListener("close", () => {
    sheet.remove();
    open = null;
  });
  open = sheet;
  (here.home?.isConnected ? here.home : document.body).append(sheet);
  sheet.showModal();
  return undefined;
}

/** @param {Section} one */
function part({ title, rows }) {
  const lines = rows.flatMap(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)]);
  return h("section", {}, h("h3", {}, title), h("dl", {}, lines));
}
