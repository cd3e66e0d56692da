// @ts-check
// Review drawn: the head with what was done, the example, and the bar with what can be done.

import { rowsOf } from "./address.js";
import { makeChooser } from "./chooser.js";
import * as frame from "./frame.js";
import { broken, columns, waiting } from "./pane.js";
import { editBar } from "./edit_bar.js";
import { tagBar } from "./tag_bar.js";
import { pace, progress } from "./queue.js";
import { unsureOf } from "./stage_shapes.js";

const NOT_RESERVED = "The server cannot reserve examples now; trying again.";

/** @typedef {{draw: () => void, head: () => void}} Screen */

/** Draws into the slots {head, body, bar}; `act` is what the buttons do.
 *  @param {import("./desk.js").Desk} desk @param {ReturnType<typeof import("./address.js").addressOf>} address
 *  @returns {Screen} */
export function makeScreen(desk, { head: headSlot, body, bar: barSlot }, address, act) {
  const home = address.path();
  return { draw, head };

  function draw() {
    const { row, reveal, data } = desk,
      shown = desk.stock.items.get(row),
      reason = desk.stock.missing.get(row);
    const isMine = desk.claims?.mayShow(row) !== false;
    if (desk.isHidden() && isMine && !desk.chooser && !desk.data.tag_names) {
      const { classes } = data;
      const valueForm = data.value_form;
      desk.chooser = makeChooser({ order: classes, classes, isBlind: true, valueForm, choose: act.picked });
    }
    head();
    bar();
    if (desk.stage?.isDragging()) return undefined; // an element that is taken away loses the pointer
    name(row, shown);
    body.classList.toggle("is-bare", !shown || reason !== undefined);
    delete body.dataset.id;
    delete body.dataset.row;
    if (row === undefined) {
      const reached = data.audit?.end, // told with the last verdict; what came with the queue is older
        { empty, done } = data;
      return body.replaceChildren(
        frame.finished({ n: desk.rows.length, empty, done, elsewhere: elsewhere(), reached, act }),
      );
    }
    if (reason !== undefined) return body.replaceChildren(broken(reason, again));
    if (shown && !isMine && desk.claims?.isRefused()) return body.replaceChildren(waiting(NOT_RESERVED));
    if (!shown || !isMine) return body.replaceChildren(waiting());
    // While a blind answer waits for the server, the label stays hidden.
    const isAnswering = reveal && reveal.isSame === undefined;
    return item(shown, Boolean(desk.isHidden() || shown.is_blinded || isAnswering));
  }

  /** Put the example into the address, so that a reload opens it. */
  function name(row, shown) {
    const id = desk.isHidden() || shown?.is_blinded ? null : shown?.id;
    const example = row === undefined ? null : { id, row, place: desk.placeOf.get(row) };
    // While Streamlit goes to another page, this one is still here for a moment.
    if (address.path() === home) address.show(example, rowsOf(desk.data));
  }

  /** Who has what is left of the queue on screen; null when nobody has. */
  function elsewhere() {
    const left = desk.rows.filter((row) => !desk.isDone(row)).length;
    const who = desk.claims?.holders() ?? [];
    if (!left || !who.length) return null;
    const open = `${left.toLocaleString("en")} still open, on the screen of ${who.join(", ")}.`;
    return `${open} What has no verdict yet comes to you once they close Review, or a minute after they have gone.`;
  }

  function again() {
    desk.stock.missing.clear();
    desk.show();
  }

  function item(shown, isBlinded) {
    const { data, pictures } = desk,
      worded = (verdict) => desk.worded(verdict);
    const verdict = desk.verdicts.get(shown.row);
    const isPlain = desk.showsPlain(shown.row);
    const address = pictures.picture(shown.row, true)?.address;
    const { isClose, hasOthers, hasUnsure, isPlain: isBare } = desk;
    if (shown.scene) {
      const look = { isClose, hasOthers, hasUnsure, isPlain: isBare };
      desk.stage?.show({ scene: shown.scene, address, verdict, opinions: shown.opinions }, look);
    }
    const stage = shown.scene ? desk.stage?.element : null;
    const unsure = stage && !isBare && !isBlinded ? { n: unsureOf(shown.scene), isShown: hasUnsure, act } : null;
    body.replaceChildren(
      ...columns({ item: shown, isBlinded, isPlain, verdict, data, pictures, worded, stage, unsure }),
    );
    body.classList.toggle("is-blind", isBlinded);
    body.classList.toggle("is-boxes", Boolean(stage) && !isBlinded);
    body.dataset.row = shown.row;
    if (!isBlinded) body.dataset.id = shown.id;
  }

  function head() {
    const { rows, at, outbox, isBlind } = desk,
      { n, done } = progress(rows, (row) => desk.isDone(row), desk.data);
    const isListOpen = headSlot.querySelector("details.unsaved")?.open;
    const reading = { n, done, at: desk.row === undefined ? null : at, drawn: desk.drawn[at] };
    const said = { pace: pace(desk.judging.paces), note: desk.judging.note() };
    headSlot.replaceChildren(
      ...frame.head({
        ...reading,
        ...said,
        outbox,
        isListOpen,
        isBlind,
        noBlind: desk.data.no_blind ?? (desk.data.audit ? "an audit is always blind" : undefined),
        audit: desk.data.audit,
        isHidden: desk.isHidden(),
        act,
      }),
    );
    headSlot.dataset.waiting = outbox.count();
    headSlot.dataset.refused = outbox.refused.length;
    headSlot.dataset.done = done;
  }

  /** The classes that an answer is one of: of an image's objects, where one of them is named. */
  function classes() {
    return desk.correcting?.isNaming() ? desk.data.corrects.classes : desk.data.classes;
  }

  function bar() {
    const { chooser, reveal, at, data, row } = desk,
      current = desk.verdicts.get(row);
    const asked = { verdicts: desk.choices(), notBlind: data.not_blind, isDone: row === undefined };
    const edit = desk.correcting?.edit() ?? null;
    const about = { ...asked, chooser, reveal, current, at, act, classes: classes(), edit, corrects: data.corrects };
    const field = chooser?.input ?? (desk.tags?.isSearching() ? desk.tags.input : null);
    const isTyping = field && /** @type {Document} */ (field.getRootNode()).activeElement === field;
    const isToCome = desk.isHidden() && !chooser && !desk.tags?.isOn(); // nothing is asked of what is not shown
    if (data.no_tags || isToCome) barSlot.replaceChildren(...frame.lockedBar(about, data.no_tags ?? ""));
    else if (reveal) barSlot.replaceChildren(...frame.revealBar(about));
    else if (chooser && desk.isHidden() && !desk.correcting.isNaming())
      barSlot.replaceChildren(...frame.blindBar(about));
    else if (chooser) barSlot.replaceChildren(...frame.classBar(about));
    else if (desk.tags?.isOn()) barSlot.replaceChildren(...tagBar({ ...about, tags: desk.tags }));
    else if (edit) barSlot.replaceChildren(...editBar(about));
    else barSlot.replaceChildren(...frame.verdictBar(about));
    if (isTyping) field.focus();
  }
}
