// @ts-check
// Boxes corrected: the answers that make sense for a row, a box that is dragged or drawn, objects that are added.

import * as edits from "./box_edit.js";
import { read, written } from "./box_text.js";
import { makeChooser } from "./chooser.js";

/**
 * @typedef {object} Correcting
 * @property {() => edits.Edit | null} edit the box that is being edited
 * @property {() => boolean} isNaming a class is asked for
 * @property {(choice: any) => void} press one of the answers that the server offers on the row
 * @property {() => void} add draw an object that is missing
 * @property {(added: any) => void} open edit an object that somebody added
 * @property {() => void} save
 * @property {() => void} cancel
 * @property {() => void} remove an added object
 * @property {() => void} relabel
 * @property {(name: string) => void} named
 * @property {(step: [number, number]) => void} nudge
 * @property {(step: number) => void} turn
 * @property {() => void} undo the last step of the edit
 * @property {() => void} back ask for no class any more
 * @property {() => void} clear forget the edit, for another row
 * @property {object} pointer what the pointer does on the stage
 */

/** @param {import("./desk.js").Desk} desk @returns {Correcting} */
export function makeCorrecting(desk) {
  let edit = /** @type {edits.Edit | null} */ (null),
    choice = /** @type {any} */ (null), // what the edit, or the class that is asked for, is an answer to
    isNaming = false;

  return {
    edit: () => edit,
    isNaming: () => isNaming,
    press,
    add() {
      const { scene } = item() ?? {};
      if (!desk.data.corrects || !scene?.example) return;
      begin({ name: "add", id: freshId(scene.example) }, null, null);
    },
    open: (added) => begin({ name: "add", id: added.id, isThere: true }, added.box, added.label),
    save,
    cancel() {
      clear();
      desk.screen.draw();
    },
    remove() {
      if (!choice?.isThere || desk.isWaiting()) return;
      const scene = item()?.scene,
        { id } = choice;
      clear();
      postAdded(scene, id, { action: "clear" }, null);
    },
    relabel: () => edit && ask(edit.label),
    named,
    nudge: ([dx, dy]) => edit && change(edits.nudged(edit, dx, dy)),
    turn: (step) => edit && change(edits.turned(edit, step)),
    undo() {
      if (!edit) return;
      const before = edits.undone(edit);
      if (before) change(before);
      else this.cancel();
    },
    back() {
      isNaming = false;
      if (!edit) choice = null;
    },
    clear,
    pointer: {
      edit: () => edit,
      press: (point, reach) => (edit = edit && edits.pressed(edit, point, reach)),
      drag: (point) => (edit = edit && edits.moved(edit, point)),
      end: () => edit && change(edits.released(edit)),
      cancel: () => edit && change(edits.released(edit, true)),
    },
  };

  function item() {
    return desk.stock.items.get(desk.row);
  }

  function clear() {
    [edit, choice, isNaming] = [null, null, false];
    desk.chooser = null;
  }

  function change(next) {
    edit = next;
    desk.screen.draw();
  }

  function press(pressed) {
    if (pressed.asks === "box") {
      const start = read(pressed.box),
        said = read(desk.verdicts.get(desk.row)?.value);
      // What was corrected before is corrected further; Esc keeps it.
      begin(pressed, start?.box ?? null, start?.label ?? null, said);
    } else if (pressed.asks === "class") {
      choice = pressed;
      ask(read(pressed.box)?.label ?? item()?.given);
    } else desk.judging.judge(pressed.tag, pressed.value);
  }

  function begin(next, box, label, now = null) {
    if (desk.isWaiting()) return;
    const { width, height } = item().scene;
    choice = next;
    edit = edits.begin(box, label, { width, height });
    if (now) edit = { ...edit, box: now.box, label: now.label };
    desk.screen.draw();
  }

  /** Ask for a class; the one it has now is no answer. */
  function ask(now) {
    const { classes } = desk.data.corrects,
      predicted = item()?.predicted;
    const suggested = predicted != null && predicted !== now ? predicted : null;
    const order = [...new Set([suggested, ...classes])].filter((name) => name != null && name !== now);
    isNaming = true;
    // An object that is added has a class; of a wrong one the right class may be unknown.
    const hasUnsure = !edit && !choice?.box;
    desk.chooser = makeChooser({ order, classes, suggested, isBlind: false, isOpen: true, hasUnsure, choose: named });
    desk.screen.draw();
  }

  function named(name) {
    if (name === undefined || desk.isWaiting()) return;
    const { box } = choice ?? {};
    isNaming = false;
    desk.chooser = null;
    if (edit) {
      const isAsked = edit.label === null;
      edit = { ...edit, label: name };
      if (isAsked) save();
      else desk.screen.draw();
    } else {
      const start = read(box),
        { tag } = choice;
      choice = null;
      desk.judging.judge(tag, start ? written(name, start.box) : name);
    }
  }

  function save() {
    if (!edit || desk.isWaiting()) return;
    if (!edit.box) return desk.judging.say("Draw a box first: press, drag and release.");
    if (!edits.hasChanged(edit)) return desk.judging.say("Nothing has changed: drag an edge first, or press Esc.");
    if (edit.label === null) return ask(null);
    const value = written(edit.label, edit.box),
      { tag, id } = choice,
      { label, box } = edit,
      scene = item()?.scene;
    clear();
    if (id === undefined) desk.judging.judge(tag, value);
    else postAdded(scene, id, { action: "add", tag: "added", value }, { id, label, box, who: desk.data.person });
  }

  /** Add an object to an example, change it, or take it away (`now` null); it shows at once. */
  function postAdded(scene, id, action, now) {
    const before = scene.added.find((one) => one.id === id) ?? null;
    const about = { ...desk.source.about(), ...desk.data.corrects.identity };
    const sequence = desk.outbox.post("/hem/tags", { ...about, ids: [id], ...action });
    put(scene.example, id, now);
    desk.judging.remember({
      row: desk.row,
      sequence,
      about,
      takeBack: () => put(scene.example, id, before),
      settle: () => fetchAnew(scene.example),
    });
    desk.judging.say(now ? `added ${now.label}` : "taken away");
    desk.screen.draw();
    desk.outbox.answer(sequence).then((stored) => {
      if (stored?.message) desk.judging.say(stored.message);
      fetchAnew(scene.example);
    });
  }

  /** In all rows of the example that are at hand. */
  function put(example, id, now) {
    for (const { scene } of desk.stock.items.values()) {
      if (scene?.example !== example) continue;
      scene.added = [...scene.added.filter((one) => one.id !== id), ...(now ? [now] : [])];
    }
  }

  function fetchAnew(example) {
    for (const [row, one] of desk.stock.items) if (one.scene?.example === example) desk.stock.stale.add(row);
    desk.stock.fetchAhead();
  }
}

/** The id of an object that is added to an example. */
function freshId(example) {
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${example}#a${letters.join("")}`;
}
