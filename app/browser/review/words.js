// @ts-check
// Numbers as Review prints them.

import { h } from "../shared/dom.js";

export const number = (value, digits = 3) => {
  if (value == null) return "–";
  return Math.abs(value) >= 1e5 ? value.toExponential(2) : Number(value.toPrecision(digits)).toLocaleString("en");
};
export const percent = (share) => {
  if (share == null) return "–";
  if (share > 0.995 && share < 1) return ">99%";
  return share > 0 && share < 0.005 ? "<1%" : `${Math.round(share * 100)}%`;
};

/** Words that stand back. */
export function quiet(text) {
  return h("span", { class: "quiet" }, text);
}
