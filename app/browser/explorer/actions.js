// @ts-check
// The bar at the bottom: what an action applies to, the tags, undo, export, make a set.

import { h, icon } from "../shared/dom.js";
import { drawKept } from "../shared/kept.js";
import { whole } from "../shared/numbers.js";

/** Draw into `host`. makeSet() opens Sets with the rule; download() saves the scope as CSV; without: what is not there
 *  (`tags`, `sets`) -> why, in place of its buttons. Returns {refresh, undo, end}.
 *  @param {import("./bus.js").Bus} bus @param {HTMLElement} host
 *  @param {{makeSet: () => void, download: () => void, without?: {tags?: string, sets?: string}}} ways */
export function makeActions(bus, host, { makeSet, download, without = {} }) {
  const scope = h("div", { class: "hem-scope", role: "status", "aria-live": "polite" });
  const titles = new Map(bus.offered.map(({ name, title }) => [name, title.toLowerCase()]));
  const buttons = bus.offered.map(({ name, title, meaning }) =>
    h(
      "button",
      {
        class: "hem-button",
        "data-tag": name,
        title: `${meaning}; applies to the whole scope`,
        onclick: () => act("add", name),
      },
      title,
    ),
  );
  const free = h("input", {
    class: "hem-input hem-free",
    placeholder: "own tag",
    maxLength: 60,
    "aria-label": "own tag",
    title: "type a tag of your own, Enter adds it",
    onkeydown: (event) => {
      if (event.key === "Enter" && free.value.trim()) {
        act("add", free.value.trim());
        free.value = "";
      }
    },
  });
  const clear = h(
    "button",
    { class: "hem-button is-quiet", title: "remove all tags", onclick: () => act("clear", "") },
    "Clear tags",
  );
  const back = h(
    "button",
    { class: "hem-button is-quiet", title: "undo my last action (Ctrl+Z)", onclick: undo },
    icon("undo"),
    "Undo",
  );
  const csv = h(
    "button",
    { class: "hem-button is-quiet", title: `download these ${bus.rows} as CSV`, onclick: download },
    icon("download"),
    "CSV",
  );
  const set = h(
    "button",
    { class: "hem-button is-main", title: `name these ${bus.rows} and export them`, onclick: makeSet },
    icon("set"),
    "Create set",
  );
  const kept = h("div", { class: "hem-kept", role: "status" });
  const note = h("div", { class: "hem-note", hidden: true, role: "status" });
  const tagging = without.tags ? [h("span", { class: "hem-muted" }, without.tags)] : [buttons, free, clear];
  host.replaceChildren(
    scope,
    h("div", { class: "hem-group" }, ...tagging),
    kept,
    h("span", { class: "hem-space" }),
    h("div", { class: "hem-group" }, without.tags ? "" : back, csv, without.sets === undefined ? set : ""),
    note,
  );
  let timer = 0;
  const ends = [bus.on("state", refresh), bus.on("said", said), bus.on("kept", () => drawKept(bus, kept))];
  const ask = (event) => bus.outbox.unkept() && event.preventDefault();
  const keys = host.closest(".hem-host") ?? document; // around it there may be another program's page
  keys.addEventListener("keydown", key);
  window.addEventListener("beforeunload", ask);
  refresh();
  drawKept(bus, kept);
  return {
    refresh,
    undo,
    end() {
      ends.forEach((end) => end());
      clearTimeout(timer);
      keys.removeEventListener("keydown", key);
      window.removeEventListener("beforeunload", ask);
    },
  };

  function refresh() {
    const what = bus.picks.size ? "picked" : bus.selected ? "selected" : bus.counts.filter < bus.n ? "filtered" : "";
    scope.replaceChildren(
      "applies to ",
      h("b", {}, what ? `${whole(bus.counts.scope)} ${what}` : "nothing yet"),
      h("span", { class: "hem-muted" }, what ? ` of ${bus.counted(bus.n)}` : ` – filter, lasso or click ${bus.rows}`),
    );
    const isOff = !bus.hasScope() || bus.counts.scope === 0;
    for (const button of [...buttons, clear, free]) button.disabled = isOff;
    set.disabled = isOff;
    csv.disabled = bus.counts.scope === 0;
    host.dataset.scope = bus.counts.scope;
  }

  async function act(action, tag) {
    const count = bus.counts.scope;
    try {
      const answer = await bus.tag(action, tag);
      bus.emit("acted");
      const text =
        action === "clear"
          ? `Cleared the tags of ${bus.counted(answer.count)}`
          : `Tagged ${bus.counted(answer.count)} as ${titles.get(tag) ?? tag}`;
      show(answer.message ? `${text}. ${answer.message}` : text, answer.batch && (() => undoBatch(answer.batch)));
    } catch (error) {
      show(
        `Not stored (${bus.counted(count)}): ${error.message}`,
        error.retry && (() => again(error.retry, count)),
        true,
        "Try again",
      );
      bus.tags().catch(() => {});
    }
  }

  async function again(retry, count) {
    try {
      await retry();
      show(`Stored for ${bus.counted(count)}`);
    } catch (error) {
      show(
        `Not stored (${bus.counted(count)}): ${error.message}`,
        error.retry && (() => again(error.retry, count)),
        true,
        "Try again",
      );
    }
    await bus.tags().catch(() => {});
  }

  async function undoBatch(batch) {
    try {
      const { undone, message } = await bus.undo(batch);
      bus.emit("acted");
      if (!undone) return show(message);
      return show(message, () => undoBatch(undone.batch), false, undone.action === "redo" ? "Undo" : "Redo");
    } catch (error) {
      return show(error.message, null, true);
    }
  }

  function undo() {
    return undoBatch(undefined);
  }

  function show(text, action, isError = false, word = "Undo") {
    clearTimeout(timer);
    note.replaceChildren(
      h("span", {}, text),
      action ? h("button", { class: "hem-link", onclick: action }, word) : "",
      h(
        "button",
        {
          class: "hem-tool",
          "aria-label": "close",
          onclick: () => {
            note.hidden = true;
          },
        },
        icon("close"),
      ),
    );
    note.classList.toggle("is-error", isError);
    note.hidden = false;
    timer = setTimeout(
      () => {
        note.hidden = true;
      },
      isError ? 15000 : 8000,
    );
  }

  function said(message) {
    if (message?.error) show(message.error, null, true);
    else if (message?.note) show(message.note, message.canUndo ? undo : null);
  }

  function key(event) {
    const target = event.composedPath()[0];
    if (
      target instanceof HTMLElement &&
      (target.isContentEditable || target.matches("input:not([type=range]), textarea, select"))
    )
      return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !without.tags) {
      event.preventDefault();
      event.stopPropagation();
      undo();
    }
    if (event.key === "Escape") {
      if (bus.picks.size) bus.set({ picks: new Set() });
      else if (bus.selected) bus.set({ selection: { all: [] } });
    }
  }
}
