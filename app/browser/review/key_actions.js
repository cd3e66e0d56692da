// @ts-check
// What the keys and the buttons of Review do.

import { toggleSheet } from "../guide/sheet.js";
import { reviewSections } from "../shared/keys.js";
import { stepped } from "./claims.js";
import { isWithoutClass, request, takesText } from "./key_requests.js";

/** The actions that the buttons share with the keys, and the listener of the keys. leave(page) opens another page.
 *  @param {import("./desk.js").Desk} desk @param {HTMLElement} place */
export function makeKeyboard(desk, place, leave) {
  const act = {
    verdict: (name) => desk.judging.press(name),
    clear: () => desk.judging.judge("", ""),
    undo: () => (desk.correcting.edit() ? desk.correcting.undo() : desk.judging.undo()),
    choose: (name) =>
      desk.correcting.isNaming() ? desk.correcting.named(name) : desk.judging.judge("mislabelled", name),
    picked: (name) => (desk.correcting.isNaming() ? desk.correcting.named(name) : desk.judging.picked(name)),
    back: () => {
      desk.correcting.back();
      desk.chooser = null;
      desk.screen.draw();
    },
    previous: () => desk.go(stepped(desk, -1)),
    next: () => desk.go(desk.reveal ? desk.nextOne() : stepped(desk, 1)),
    blind: () => {
      if (desk.data.no_blind) return;
      if (desk.data.audit) {
        desk.judging.say("an audit is always blind");
        return;
      }
      desk.wantsBlind = !desk.wantsBlind;
      desk.client.prefer("hem-blind", desk.wantsBlind ? "1" : "0");
      desk.stock.dropUnjudged();
      desk.show();
    },
    plain: () => {
      if (!desk.data.is_drawn) return;
      desk.isPlain = !desk.isPlain;
      desk.show();
    },
    help: () => toggleSheet(sectionsOf(desk)),
    close: () => {
      desk.isClose = !desk.isClose;
      desk.client.prefer("hem-close", desk.isClose ? "1" : "0");
      desk.screen.draw();
    },
    others: () => {
      desk.hasOthers = !desk.hasOthers;
      desk.screen.draw();
    },
    unsure: () => {
      desk.hasUnsure = !desk.hasUnsure;
      desk.client.prefer("hem-unsure", desk.hasUnsure ? "1" : "0");
      desk.screen.draw();
    },
    add: () => desk.correcting.add(),
    save: () => desk.correcting.save(),
    cancel: () => desk.correcting.cancel(),
    remove: () => desk.correcting.remove(),
    relabel: () => desk.correcting.relabel(),
    turn: (step = 1) => desk.correcting.turn(step),
    confirm: () => desk.tags.confirm(),
    search: (isOpen = true) => desk.tags.search(isOpen),
    leave,
  };
  /** What keys.js calls a request -> what is done. */
  const handlers = {
    verdict: act.verdict,
    clear: act.clear,
    undo: act.undo,
    "next open": () => desk.go(desk.nextOne()),
    blind: act.blind,
    plain: act.plain,
    help: act.help,
    previous: act.previous,
    next: act.next,
    back: act.back,
    close: act.close,
    others: act.others,
    unsure: act.unsure,
    "add object": act.add,
    save: act.save,
    cancel: act.cancel,
    "remove object": act.remove,
    relabel: act.relabel,
    turn: act.turn,
    nudge: (step) => desk.correcting.nudge(step),
    toggle: (name) => desk.tags.toggle(name),
    confirm: act.confirm,
    "tag search": act.search,
    "tag letter": (letter) => desk.tags.type(letter),
    empty: () => desk.chooser?.empty(),
    accept: () => act.picked(desk.chooser?.accepted()),
    class: act.picked,
    mark: (step) => desk.chooser?.mark(step),
    type: (letter) => desk.chooser?.type(letter),
  };
  return { act, onKey };

  function onKey(event) {
    const { chooser, data } = desk,
      target = event.composedPath()[0],
      isInput = target != null && (target === chooser?.input || target === desk.tags.input);
    if (!place.isConnected || !data || (takesText(target) && !isInput)) return;
    if (document.querySelector('[role="dialog"][aria-modal="true"]')) return;
    const found = request(event, {
      mode: modeOf(desk),
      verdicts: desk.choices(),
      hasBoxes: Boolean(data.corrects),
      tagKeys: desk.tags.keys(),
      isSearching: desk.tags.isSearching(),
      found: desk.tags.found(),
      isInput,
      isEmpty: chooser?.isEmpty ?? true,
      keys: chooser?.keys ?? new Map(),
      unsure: chooser?.unsure,
    });
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    const [what, value] = found;
    handlers[what]?.(value);
  }
}

/** The keys of the row on screen. @param {import("./desk.js").Desk} desk */
function sectionsOf(desk) {
  const { blind_choices, corrects, is_drawn, tag_names } = desk.data,
    verdicts = desk.choices();
  const blind = blind_choices ?? verdicts.filter(isWithoutClass);
  return reviewSections(verdicts, {
    isDrawn: is_drawn,
    blind,
    hasBoxes: Boolean(corrects),
    hasTags: Boolean(tag_names),
  });
}

/** What keys mean now. @param {import("./desk.js").Desk} desk */
function modeOf(desk) {
  if (desk.data.no_tags) return "locked";
  if (desk.reveal) return "reveal";
  // Blind, letters are no commands either while there is no field yet.
  const isBlind = desk.isHidden() && !desk.correcting.isNaming() && (desk.chooser || !desk.data.tag_names);
  if (desk.chooser || isBlind) return isBlind ? "blind" : "choose";
  if (desk.tags.isOn()) return "tags";
  return desk.correcting.edit() ? "edit" : "plain";
}
