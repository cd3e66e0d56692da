// @ts-check
// Which keys of Explore are meant for the example in the drawer, or for a tile that has the focus. No page here.

import { takesText } from "../review/key_requests.js";

/** Elements that keep the keys to themselves while the drawer is open. */
const OWN_KEYS = "input, select, textarea, [role=separator], [role=tab], [role=slider], [role=menuitem], summary";
/** Keys that do something to the row of gallery or table that has the focus: verdicts, undo, the list of keys. */
const ON_A_ROW = /^[0-9uU?]$/;

/** Is a key, pressed at `path` (an event's composedPath), for the drawer that is open? isInside: within the drawer.
 *  @param {any[]} path @param {boolean} isInside */
export function isForDrawer(path, isInside) {
  if (isInside) return true;
  const target = path[0];
  return !takesText(target) && !target?.closest?.(OWN_KEYS);
}

/** Does a key judge the row that has the focus, without the drawer? @param {KeyboardEvent} event */
export function judgesRow(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return false;
  return ON_A_ROW.test(event.key) || (!event.shiftKey && /^Digit[0-9]$/.test(event.code ?? ""));
}
