// @ts-check
// The bar below a box that is dragged or drawn: what to do, how large it is, and the keys.

import { h } from "../shared/dom.js";
import { measured } from "./box_edit.js";

/** @param {{edit: import("./box_edit.js").Edit, act: any}} about */
export function editBar({ edit, act }) {
  const what = edit.before
    ? "Drag an edge or a corner, or draw a new box"
    : edit.box
      ? "Correct the box, or draw another"
      : "Draw a box around the object that is missing";
  return [
    h("span", { class: "question" }, what),
    h("span", { class: "quiet measure", role: "status" }, [edit.label, measured(edit)].filter(Boolean).join(" · ")),
    button("Enter", edit.label === null ? "name its class…" : "save", act.save, { class: "act main" }),
    edit.label === null ? null : button("C", "class…", act.relabel),
    button("Tab", edit.handle === "move" ? "arrows move the box" : `arrows move the ${NAMES[edit.handle]}`, act.turn),
    button("U", "step back", act.undo),
    button("Esc", "cancel", act.cancel),
  ].filter(Boolean);
}

const NAMES = {
  nw: "top left corner",
  n: "top edge",
  ne: "top right corner",
  e: "right edge",
  se: "bottom right corner",
  s: "bottom edge",
  sw: "bottom left corner",
  w: "left edge",
};

function button(key, text, action, properties = {}) {
  const onclick = (event) => {
    event.currentTarget.blur();
    action();
  };
  return h("button", { class: "act", ...properties, onclick }, h("kbd", {}, key), text);
}
