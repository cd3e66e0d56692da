// @ts-check
// What the parts of a page share: the run's columns, the filter, the selection, the tags; and who listens.

import { counted, rowsOf } from "../shared/level.js";
import { clauseMask, clauses, count, every } from "../shared/rules.js";
import { makeColumns } from "./columns.js";
import { makeCrowd } from "./crowd.js";
import { makeExamples } from "./examples.js";
import { makeNames } from "./map_names.js";
import { makeNear } from "./near.js";
import { makeReplay } from "./replay.js";
import { makeTagging } from "./tagging.js";
import { groupOf } from "./why.js";

const opened = new WeakMap(); // client -> its buses by workspace, run, level and scores

/** @typedef {ReturnType<typeof makeBus>} Bus */

/** The store of one level of a run, opened once a page. data: {run, level, fingerprint, identity, token, n, person, …}
 *  from Python; identity says in every post what its ids are about (run, workspace, data, examples).
 *
 *  Three things: the filter (a rule), the selection (a rule inside the filter), the picks (clicked rows).
 *  Masks are (N) 0/1: `inFilter`; `selected` (inside the filter) or null; `scope` = what an action applies to.
 *  on(name, listener) returns its end; names: 'state' (any of the three), 'view', 'tags', 'hover', 'opened' (in the
 *  drawer), 'said', 'acted' (many were tagged, or an action was undone, outside of the drawer), 'kept' (a step of the
 *  outbox). With it come the columns, the examples and the tags, each from a file of its own.
 *
 *  @param {import("../shared/client.js").Client} client @returns {Bus} */
export function openBus(client, data) {
  if (!opened.has(client)) opened.set(client, new Map());
  const buses = opened.get(client),
    { workspace } = data.identity,
    key = `${workspace} ${data.run} ${data.level} ${data.fingerprint}`;
  client.renew(data);
  if (!buses.has(key)) buses.set(key, makeBus(client, data));
  const bus = buses.get(key);
  bus.outbox = client.outbox(workspace, bus.kept).outbox;
  return bus;
}

function makeBus(client, data) {
  const listeners = new Map(),
    source = client.run(data),
    n = data.n;
  let turn = 0;
  const full = new Uint8Array(n).fill(1);

  const bus = {
    ...makeColumns(source, itself),
    ...makeExamples(source, data.look, itself),
    ...makeNear(source, data.near, itself),
    ...makeNames(source, itself),
    ...makeCrowd(source, data, itself),
    ...makeTagging({ client, source, data, bus: itself, changed: masksAfterTags }),
    replay: makeReplay(source.replay, n), // where the points of the data map lay after each epoch
    run: data.run,
    n,
    rows: rowsOf(data.level), // what its rows are called: "examples", "boxes"
    /** How many of its rows: `1 example`, `800 boxes`. */
    counted: (/** @type {number} */ n) => counted(n, data.level),
    verdictNames: data.verdicts,
    offered: data.offered,
    shows: data.look, // of an example: "picture", "words", "features" or "nothing"
    drawing: data.drawing ?? null, // {layers, hidden, legend} of the boxes that are drawn into pictures
    partly: data.partly ?? "", // what it means that a row is right by its error and differs; "" where nothing can
    details: data.details ?? [], // columns that stand beside a large picture
    words: data.words, // the column of its text, where it shows words
    trust: data.trust,
    fixedColours: data.colours ?? {},
    filter: { all: [] },
    selection: { all: [] },
    picks: new Set(),
    view: /** @type {any} */ ({}), // a View of view.js, once Explore has begun
    inFilter: full,
    selected: null,
    scope: full,
    counts: { filter: n, selected: 0, scope: n },
    hovered: -1,
    opened: -1, // the row in the drawer
    pending: 0,

    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
    emit(name, value) {
      for (const listener of listeners.get(name) ?? []) listener(value);
    },
    /** Change filter, selection or picks; masks are made before listeners hear of it. */
    async set(change, origin = "page") {
      const mine = ++turn;
      if (change.filter) bus.filter = change.filter;
      if (change.selection) bus.selection = change.selection;
      if (change.picks) bus.picks = change.picks;
      else if (change.selection || change.filter) bus.picks = new Set();
      const local = maskOf(bus.filter),
        chosen = maskOf(bus.selection);
      if (local && chosen) return apply(local, chosen, origin);
      bus.pending++;
      bus.emit("said");
      try {
        const [inFilter, selected] = await Promise.all([local ?? remote(bus.filter), chosen ?? remote(bus.selection)]);
        if (mine === turn) apply(inFilter, selected, origin);
      } catch (error) {
        bus.say({ error: error.message });
      } finally {
        bus.pending--;
        bus.emit("said");
      }
    },
    setView(change, origin = "page") {
      bus.view = { ...bus.view, ...change };
      bus.emit("view", { change, origin });
    },
    hover(row) {
      if (row !== bus.hovered) {
        bus.hovered = row;
        bus.emit("hover", row);
      }
    },
    open(row) {
      if (row === bus.opened) return;
      bus.opened = row;
      bus.emit("opened", row);
    },
    say(message) {
      bus.emit("said", message);
    },

    /** The rule of what an action applies to: the picks, else filter and selection together. */
    scopeRule() {
      if (bus.picks.size) return { all: [{ rows: [...bus.picks].map(bus.idOf) }] };
      return { all: [...clauses(bus.filter), ...clauses(bus.selection)] };
    },
    hasScope: () => bus.picks.size > 0 || clauses(bus.filter).length + clauses(bus.selection).length > 0,

    csv: () => source.csv(bus.scopeRule()),
    /** What sets the picks or the selection apart from the rest of the filter; or the filter from all else. */
    why: () => source.why(bus.filter, groupOf(bus)),
    prepareWhy: () => source.prepareWhy(),
  };
  return bus;

  function itself() {
    return bus;
  }

  function maskOf(rule) {
    const masks = clauses(rule).map((clause) => clauseMask(clause, bus));
    if (masks.includes(null)) return null;
    return masks.length === 0 ? full : masks.length === 1 ? masks[0] : every(masks, n);
  }

  async function remote(rule) {
    return every(await Promise.all(clauses(rule).map((clause) => clauseMask(clause, bus) ?? bus.fetchMask(clause))), n);
  }

  function apply(inFilter, chosen, origin) {
    bus.inFilter = inFilter;
    bus.selected = clauses(bus.selection).length ? (inFilter === full ? chosen : every([inFilter, chosen], n)) : null;
    if (bus.picks.size) {
      bus.scope = new Uint8Array(n);
      for (const row of bus.picks) bus.scope[row] = 1;
    } else bus.scope = bus.selected ?? bus.inFilter;
    bus.counts = {
      filter: inFilter === full ? n : count(inFilter),
      selected: bus.selected ? count(bus.selected) : 0,
      scope: bus.picks.size || 0,
    };
    if (!bus.picks.size) bus.counts.scope = bus.selected ? bus.counts.selected : bus.counts.filter;
    bus.emit("state", origin);
    bus.followNear();
  }

  async function masksAfterTags() {
    const isAbout = JSON.stringify([bus.filter, bus.selection]).includes('"tag"');
    if (isAbout) await bus.set({ picks: bus.picks }, "tags");
  }
}
