// @ts-check
// The columns of the table: those it begins with, how wide they are, and the menu that chooses others.

import { h } from "../shared/dom.js";

const USUAL = ["id", "label", "predicted", "error", "reason", "difficulty", "label_suspicion", "loss"];
/** The least width of a column in px, by its kind; a wider table shares what is left by them. */
const WIDTHS = { number: 92, bool: 76, category: 112, text: 190 };
const ID_PX = 126;
const PICTURE_PX = 38;
/** @typedef {{name: string, title: string, unit: string, kind: string, meaning: string}} Field */

/** The column of tags, which no file has. */
export const TAGS = "tags";
/** @type {Field} */
export const TAG_FIELD = { name: TAGS, title: "tags", unit: "", kind: "text", meaning: "what people said" };

/** The columns that are shown: those that the reader chose as far as there are, else the usual ones.
 *  @param {string[] | null} wanted @param {Field[]} fields @param {string | null} words the column of a text's words */
export function shownColumns(wanted, fields, words) {
  const there = new Set([...fields.map((one) => one.name), TAGS]);
  const found = wanted?.filter((name) => there.has(name));
  if (found?.length) return found;
  // Where predictions are right or wrong, that says it shorter than an error from 0 to 1.
  const usual = there.has("is_correct") ? USUAL.filter((name) => name !== "error") : USUAL;
  const names = [...(words ? [usual[0], words, ...usual.slice(1)] : usual), TAGS];
  return names.filter((name) => there.has(name));
}

/** The widths of columns: {columns, as a CSS grid has them, width, of all together in px}.
 *  @param {Field[]} shown @param {boolean} hasPictures */
export function widths(shown, hasPictures) {
  const least = shown.map((one) => (one.name === "id" ? ID_PX : (WIDTHS[one.kind] ?? WIDTHS.text)));
  const columns = [hasPictures ? `${PICTURE_PX}px` : "", ...least.map((px) => `minmax(${px}px, ${px}fr)`)];
  return {
    columns: columns.filter(Boolean).join(" "),
    width: least.reduce((sum, px) => sum + px, hasPictures ? PICTURE_PX : 0),
  };
}

/** The menu of columns: a button that opens a list of checkboxes with a search field. choose(names) takes the names
 *  that are wanted, null for the usual ones. Returns {element, refresh(shown)}.
 *  @param {Field[]} fields @param {(names: string[] | null) => void} choose */
export function columnsMenu(fields, choose) {
  const search = h("input", {
      class: "hem-input",
      type: "search",
      placeholder: "Find a column",
      "aria-label": "find a column",
      oninput: () => find(search.value.trim().toLowerCase()),
    }),
    usual = h("button", { class: "hem-link", onclick: () => choose(null) }, "Usual columns");
  const all = [...fields, TAG_FIELD];
  const boxes = all.map((one) => h("input", { type: "checkbox", onchange: () => toggle(one.name) }));
  const lines = all.map((one, k) =>
    h(
      "label",
      { class: "hem-columns-line", title: [one.name, one.meaning].filter(Boolean).join("\n") },
      boxes[k],
      one.title,
    ),
  );
  const list = h("div", { class: "hem-columns-list" }, lines);
  const panel = h(
    "div",
    { class: "hem-menu hem-columns", role: "group", "aria-label": "columns", hidden: true },
    search,
    list,
    usual,
  );
  const button = h(
    "button",
    { class: "hem-button", title: "choose the columns of the table", "aria-expanded": "false", onclick: turn },
    "Columns",
  );
  let shown = /** @type {string[]} */ ([]);
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    turn();
    button.focus();
  });
  return {
    element: h("span", { class: "hem-menu-place" }, button, panel),
    refresh(/** @type {string[]} */ next) {
      shown = next;
      boxes.forEach((box, k) => {
        box.checked = shown.includes(all[k].name);
      });
    },
  };

  /** Those that are shown keep their order, a new one comes last. */
  function toggle(name) {
    choose(shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name]);
  }

  function find(text) {
    all.forEach((one, k) => {
      lines[k].hidden = !`${one.name} ${one.title}`.toLowerCase().includes(text);
    });
  }

  function turn() {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) return window.removeEventListener("pointerdown", away, { capture: true });
    search.focus();
    return window.addEventListener("pointerdown", away, { capture: true });
  }

  function away(event) {
    const path = event.composedPath();
    if (button.isConnected && !path.includes(panel) && !path.includes(button)) turn();
    if (!button.isConnected) window.removeEventListener("pointerdown", away, { capture: true });
  }
}
