// @ts-check
// A corrected box as the value of a verdict, `WBC [12, 30, 55.5, 80]`; the same text as hem_core/boxes/box_text.py.

/** @typedef {[number, number, number, number]} Box left, top, right, bottom in px */

/** @param {string} label @param {number[]} box */
export function written(label, box) {
  return `${label} [${box.map((side) => Math.round(100 * side) / 100).join(", ")}]`;
}

/** {label, box} of a text, null where it is none. @param {string | null | undefined} text
 *  @returns {{label: string, box: Box} | null} */
export function read(text) {
  const found = /^(.*) \[([^[\]]*)\]$/.exec(text ?? "");
  const box = found?.[2].split(",").map(Number);
  if (!found || box?.length !== 4 || !box.every(Number.isFinite)) return null;
  return { label: found[1], box: /** @type {Box} */ (box) };
}
