// @ts-check
// What is drawn over a picture: given boxes solid, predicted ones dashed, coloured by outcome; lines and letters keep
// their size on the screen.

import { s } from "../shared/dom.js";
import { HANDLES, placeOf } from "./box_geometry.js";
import { read } from "./box_text.js";

const LETTER_PX = 13,
  HANDLE_PX = 9;

/** The boxes that the view is closed in on: those of the part, else all. */
export function boxesOf(scene) {
  const about = scene.boxes.filter((one) => isMain(scene, one));
  return (about.length ? about : scene.boxes).flatMap((one) => [one.given, one.predicted].filter(Boolean));
}

/** The other boxes of the scene that are drawn. Predictions that are too unsure to count are among them where
 *  hasUnsure; of a given box the prediction alone is left out.
 *  @param {{hasOthers: boolean, hasUnsure: boolean}} look */
export function othersOf(scene, look) {
  const { hasOthers, hasUnsure } = look;
  const others = scene.boxes.filter((one) => !isMain(scene, one));
  if (!hasOthers && others.length < scene.boxes.length) return [];
  if (hasUnsure) return others;
  return others
    .filter((one) => one.given || !one.is_unsure)
    .map((one) => (one.is_unsure ? { ...one, predicted: null } : one));
}

/** How many predictions are drawn only where the unsure ones are. */
export function unsureOf(scene) {
  return scene.boxes.filter((one) => one.is_unsure && one.predicted && !isMain(scene, one)).length;
}

/** Whether a box of the scene is of the row that is looked at. */
export function isMain(scene, one) {
  return Boolean(one.is_asked || one.id === scene.part);
}

/** The shapes from below to above. about: {verdict of the part, opinions on it, edit}; unit: px of the image in a px of
 *  the screen. @param {{hasOthers: boolean, hasUnsure: boolean}} look */
export function shapesOf(scene, { verdict, opinions, edit }, look, unit, view) {
  const main = scene.boxes.filter((one) => isMain(scene, one)),
    others = othersOf(scene, look),
    { hasOthers } = look;
  const isFaint = main.length > 0,
    several = edit ? [] : opinions.map((one, at) => ({ ...one, at })).filter((one) => one.place),
    corrected = several.length ? null : verdict && read(verdict.value);
  const isWithdrawn = edit !== null || corrected != null || several.length > 0 || verdict?.tag === "removed";
  return [
    ...others.flatMap((one) => pair(one, isFaint ? "other" : "", unit, null)),
    ...scene.added.flatMap((one) => outline(one.box, "corrected added", one.label, `added by ${one.who}`)),
    ...main.flatMap((one) => pair(one, isWithdrawn ? "main before" : "main", unit, isWithdrawn ? null : view)),
    ...(corrected && !edit ? outline(corrected.box, "corrected", corrected.label) : []),
    ...(corrected && !edit ? [letters(corrected.label, corrected.box, "corrected", unit, view, "above")] : []),
    ...(hasOthers ? scene.added.map((one) => letters(one.label, one.box, "corrected", unit, view, "above")) : []),
    ...several.flatMap((one, k) => opinion(one, unit, view, k % 2 ? "below" : "above")),
    ...(edit?.box ? outline(edit.box, "edited") : []),
    ...(edit?.box && edit.label ? [letters(edit.label, edit.box, "edited", unit, view, "above")] : []),
  ];
}

/** Where a person says that the object is, with a name; in the colour that the words of this person have. */
function opinion({ who, at, place: { label, box } }, unit, view, where) {
  const look = `opinion opinion-${at % 3}`;
  return [...outline(box, look, `${who}: ${label}`), letters(`${who}: ${label}`, box, look, unit, view, where)];
}

/** The corners and edges to take hold of; the one that the arrow keys move is filled. */
export function handlesOf({ box, handle }, unit) {
  const side = HANDLE_PX * unit;
  return HANDLES.map((name) => {
    const [x, y] = placeOf(box, name);
    const look = name === handle ? "handle on" : "handle";
    return s("rect", { x: x - side / 2, y: y - side / 2, width: side, height: side, class: look });
  });
}

/** Both boxes of a row; with its letters where `view` is given. */
function pair(one, look, unit, view) {
  const corrected = look === "other" && one.verdict ? read(one.verdict.value) : null;
  const isGone = look === "other" && one.verdict?.tag === "removed";
  const kind = `${one.outcome} ${look}${isGone ? " gone" : ""}`;
  const isFound = one.outcome === "right" && (look === "other" || look === ""); // its given box says enough
  const shapes = [
    ...(one.given && !corrected ? outline(one.given, `given ${kind}`, one.words, one.numbers) : []),
    ...(one.predicted && !isFound && !corrected
      ? outline(one.predicted, `predicted ${kind}`, one.words, one.numbers)
      : []),
    ...(corrected ? outline(corrected.box, `corrected ${look}`, corrected.label) : []),
  ];
  if (!view || one.outcome === "hidden") return shapes;
  const given = one.given && letters(`given ${one.given_label}`, one.given, kind, unit, view, "above");
  const text = [`predicted ${one.predicted_label}`, one.numbers].filter(Boolean).join(" · ");
  const predicted = one.predicted && letters(text, one.predicted, kind, unit, view, one.given ? "below" : "above");
  return [...shapes, ...[given, predicted].filter(Boolean)];
}

/** A rectangle with a dark rim, so that it shows on any picture. */
function outline([left, top, right, bottom], look, ...title) {
  const place = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
  const words = title.filter(Boolean).join(" · ");
  const rect = s("rect", { ...place, class: `box ${look}` }, ...(words ? [s("title", {}, words)] : []));
  return [s("rect", { ...place, class: `rim ${look}` }), rect];
}

/** A line above or below a box, inside the view. */
function letters(text, [left, top, right, bottom], look, unit, view, where) {
  const size = LETTER_PX * unit,
    gap = 5 * unit;
  const above = top - gap > view.y + size ? top - gap : top + size + gap;
  const below = bottom + size + gap < view.y + view.h ? bottom + size : bottom - gap;
  const long = text.length * size * 0.56,
    x = Math.max(view.x + gap, Math.min(left, Math.max(view.x + view.w - long - gap, right - long)));
  return s("text", { x, y: where === "above" ? above : below, "font-size": size, class: look }, text);
}
