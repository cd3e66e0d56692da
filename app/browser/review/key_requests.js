// @ts-check
// What a key asks for in Review. No page here, so that node can test it.

import { asked, BOXES, EDIT, PLAIN, WALK } from "../shared/keys.js";
import { tagRequest } from "./tags.js";

/** What changes nothing that is stored. */
const LOOKS = ["plain", "help", "previous", "next", "close", "others", "unsure"];
const TEXTUAL = /^(text|search|url|tel|email|password|number|date|time|datetime-local|month|week)$/;

/** Is this an element that people type into? Checkboxes, buttons and sliders keep no keys to themselves. */
export function takesText(element) {
  if (!element?.tagName) return false;
  if (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)) return true;
  if (element.getAttribute?.("role") === "combobox") return true;
  return element.tagName === "INPUT" && TEXTUAL.test(element.type);
}

/** [what, value] that a key asks for, or null when the key is not for Review.
 *
 *  desk: {mode, verdicts: [{key, name}], isEmpty (nothing typed), isInput (typed into Review's own field),
 *  keys (Map key -> class), unsure}; mode: 'plain', 'choose' (the class of a wrong label), 'blind', 'reveal', 'edit' (a
 *  box), 'locked' (nothing can be stored). */
export function request(event, desk) {
  if (event.isComposing) return null;
  const isModified = event.ctrlKey || event.metaKey;
  if (isModified && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "z" && desk.isEmpty)
    return event.repeat ? ["nothing"] : ["undo"];
  if (isModified || event.altKey) return null;
  // A key that is held down walks or types; it never judges.
  if (event.repeat && !event.key.startsWith("Arrow")) return desk.isInput ? null : ["nothing"];
  return { plain, choose, blind, reveal, edit, tags, locked }[desk.mode](event, desk);
}

/** Tags cannot be stored: a key walks, looks or helps, and none judges. */
function locked(event, desk) {
  const found = plain(event, { ...desk, verdicts: [] });
  return found && LOOKS.includes(found[0]) ? found : null;
}

function plain(event, desk) {
  const key = digit(event) ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const verdict = desk.verdicts.find((one) => one.key === key);
  if (verdict) return ["verdict", verdict.name];
  const others = asked(PLAIN);
  return others[key] ? [others[key]] : (look(key, desk) ?? walk(event));
}

/** The digits toggle tags, Enter confirms the set; all other keys are as elsewhere. */
function tags(event, desk) {
  const found = tagRequest(event, desk);
  return found === undefined ? plain(event, { ...desk, verdicts: [] }) : found;
}

/** What is seen of the boxes, and drawing a new one. */
function look(key, desk) {
  const found = asked(BOXES)[key];
  return found && desk.hasBoxes ? [found] : null;
}

/** A box is dragged or drawn: arrows move it, and no key judges. */
function edit(event) {
  const step = event.shiftKey ? 10 : 1;
  const arrows = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (arrows[event.key]) return ["nudge", arrows[event.key]];
  if (event.key === "Tab") return ["turn", event.shiftKey ? -1 : 1];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return [asked(EDIT)[key] ?? "nothing"];
}

function choose(event, desk) {
  if (event.key === "Escape") return ["back"];
  if (event.key === "Enter") return ["accept"];
  return pick(event, desk) ?? type(event, desk);
}

function blind(event, desk) {
  if (event.key === "Escape") return desk.isEmpty ? null : ["empty"];
  if (event.key === "Enter") return ["accept"];
  if (event.key === "?" && desk.isEmpty) return ["help"];
  // Letters and digits name the class here; Shift with its digit gives a verdict that needs no class.
  const shifted = event.shiftKey && desk.isEmpty ? /^(?:Digit|Numpad)([0-9])$/.exec(event.code ?? "")?.[1] : undefined;
  const verdict = desk.verdicts.find((one) => one.key === shifted && isWithoutClass(one));
  if (verdict) return ["verdict", verdict.name];
  return pick(event, desk) ?? (desk.isEmpty ? walk(event) : null) ?? type(event, desk);
}

/** The label and the answer are on screen for a moment: only keys that go on, go back or take it back count. */
function reveal(event) {
  if (event.key === "Enter" || event.key === " ") return ["next"];
  if (event.key.toLowerCase() === "u") return ["undo"];
  return walk(event) ?? ["nothing"];
}

/** Can the verdict be given without naming a class, and without knowing the label? */
export function isWithoutClass(verdict) {
  return !["right", "hard", "mislabelled"].includes(verdict.name);
}

function pick(event, desk) {
  if (event.key === "ArrowDown") return ["mark", 1];
  if (event.key === "ArrowUp") return ["mark", -1];
  if (!desk.isEmpty) return null;
  const key = digit(event) ?? event.key;
  if (desk.keys.has(key)) return ["class", desk.keys.get(key)];
  if (desk.mode === "choose" && desk.unsure && key === desk.unsure) return ["class", ""];
  // Where classes have keys, a digit that none of them has is no search either.
  return desk.keys.size && /^[0-9]$/.test(key) ? ["nothing"] : null;
}

function type(event, desk) {
  return event.key.length === 1 && !desk.isInput ? ["type", event.key] : null;
}

function walk(event) {
  const found = asked(WALK)[event.key];
  return found ? [found] : null;
}

/** The digit of a key; also on layouts that print it with Shift alone. */
function digit(event) {
  if (/^[0-9]$/.test(event.key)) return event.key;
  return event.shiftKey ? null : (/^Digit([0-9])$/.exec(event.code ?? "")?.[1] ?? null);
}
