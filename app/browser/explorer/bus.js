// What the parts of a page share: the run's columns, the filter, the selection, the tags; and who listens.

import { clauseMask, clauses, count, every } from "../shared/rules.js";
import { order } from "../shared/numbers.js";
import { levelQuery } from "../shared/level.js";
import { shareOutbox } from "../shared/outbox_of_window.js";
import { windowId } from "../shared/window_id.js";

const TYPES = { "<f4": Float32Array, "|u1": Uint8Array, "<u2": Uint16Array, "<i4": Int32Array };

/** The store of one level of a run, opened once a page. data: {run, level, fingerprint, identity, token, n, person, …} from Python;
 *  identity says in every post what its ids are about (run, workspace, data, examples).
 *
 *  Three things: the filter (a rule), the selection (a rule inside the filter), the picks (clicked rows).
 *  Masks are (N) 0/1: `inFilter`; `selected` (inside the filter) or null; `scope` = what an action applies to.
 *  on(name, listener) returns its end; names: 'state' (any of the three), 'view', 'tags', 'hover', 'said', 'kept' (a step
 *  of the outbox). */
export function openBus(data) {
  const all = (window.__hem ??= new Map());
  const key = `${data.identity.workspace} ${data.run} ${data.level} ${data.fingerprint}`;
  if (!all.has(key)) all.set(key, makeBus(data));
  const bus = all.get(key);
  bus.token = data.token;
  bus.person = data.person;
  bus.outbox = shareOutbox({ workspace: data.identity.workspace, token: () => bus.token, changed: bus.kept }).outbox;
  return bus;
}

function makeBus(data) {
  const listeners = new Map(),
    columns = new Map(),
    orders = new Map(),
    ids = new Map(),
    rowOf = new Map();
  const thumbs = new Map(),
    contents = new Map(),
    loads = new Map(),
    n = data.n;
  const here = windowId();
  let turn = 0,
    hadWaiting = false;
  const full = new Uint8Array(n).fill(1);

  const bus = {
    run: data.run,
    n,
    token: data.token,
    person: data.person,
    outbox: null,
    described: {},
    skipped: {}, // columns that cannot be shown -> why
    verdictNames: data.verdicts,
    offered: data.offered,
    medium: data.medium,
    trust: data.trust,
    hasPictures: !["text", "row", "none"].includes(data.medium),
    hasFree: false,
    fixedColours: data.colours ?? {},
    filter: { all: [] },
    selection: { all: [] },
    picks: new Set(),
    view: {},
    inFilter: full,
    selected: null,
    scope: full,
    counts: { filter: n, selected: 0, scope: n },
    verdicts: new Uint8Array(n),
    revision: -1,
    hovered: -1,
    pending: 0,

    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
    emit(name, value) {
      for (const listener of listeners.get(name) ?? []) listener(value);
    },
    column: (name) => columns.get(name),
    rowOf: (id) => rowOf.get(id),
    idOf: (row) => ids.get(row),
    title: (name) => bus.described[name]?.title ?? name,

    async describe() {
      if (Object.keys(bus.described).length) return;
      const { columns: found, skipped } = await (await bus.get("columns", `v=${data.fingerprint}`)).json();
      bus.described = found;
      bus.skipped = skipped ?? {};
    },

    /** Fetch columns that are not here yet; resolves when all are. */
    load(names) {
      return Promise.all(names.map((name) => columns.get(name) ?? loading(name)));
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
    say(message) {
      bus.emit("said", message);
    },

    /** The rule of what an action applies to: the picks, else filter and selection together. */
    scopeRule() {
      if (bus.picks.size) return { all: [{ rows: [...bus.picks].map((row) => ids.get(row)) }] };
      return { all: [...clauses(bus.filter), ...clauses(bus.selection)] };
    },
    hasScope: () => bus.picks.size > 0 || clauses(bus.filter).length + clauses(bus.selection).length > 0,

    /** Rows of what the gallery shows, sorted by a column; the order is made once a column. */
    sorted(name, descending) {
      const key = `${name} ${descending}`;
      if (!orders.has(key)) orders.set(key, order(columns.get(name).values, descending));
      return orders.get(key);
    },

    async idsOf(rows) {
      const missing = rows.filter((row) => !ids.has(row));
      for (let at = 0; at < missing.length; at += 500) {
        const part = missing.slice(at, at + 500);
        const texts = await (await bus.get("ids", `rows=${part.join(",")}&v=${data.fingerprint}`)).json();
        part.forEach((row, k) => {
          ids.set(row, texts[k]);
          rowOf.set(texts[k], row);
        });
      }
      return rows.map((row) => ids.get(row));
    },

    /** Object URLs of thumbnails by row ('' where there is none); one request for those not seen yet. */
    async thumbsOf(rows) {
      if (!bus.hasPictures) return rows.map(() => "");
      const missing = rows.filter((row) => !thumbs.has(row));
      if (missing.length) {
        const response = await bus.get("thumbs", `rows=${missing.join(",")}&v=${data.fingerprint}`);
        const blobs = unpack(await response.arrayBuffer());
        missing.forEach((row, k) => thumbs.set(row, blobs[k] && URL.createObjectURL(blobs[k])));
        forgetOld(thumbs, 3000);
      }
      return rows.map((row) => thumbs.get(row));
    },

    /** What stands for some examples without pictures: a text, or a row's features; null for pictures. */
    async contentsOf(rows) {
      if (bus.hasPictures || bus.medium === "none") return rows.map(() => null);
      const missing = rows.filter((row) => !contents.has(row));
      if (missing.length) {
        const found = await (await bus.get("contents", `rows=${missing.join(",")}&v=${data.fingerprint}`)).json();
        missing.forEach((row, k) => contents.set(row, found[k]));
        for (const row of contents.keys()) if (contents.size > 3000) contents.delete(row);
      }
      return rows.map((row) => contents.get(row));
    },

    /** The free tags of some rows, a list of names for each. */
    async freeOf(rows) {
      if (!bus.hasFree || !rows.length) return rows.map(() => []);
      return (await bus.get("free", `rows=${rows.join(",")}`)).json();
    },

    async tags() {
      const response = await bus.get("verdicts", "");
      bus.hasFree = response.headers.get("X-HEM-Free") === "1";
      const revision = Number(response.headers.get("X-HEM-Revision"));
      bus.verdicts = new Uint8Array(await response.arrayBuffer());
      bus.revision = revision;
      bus.emit("tags");
      if (mentionsTags()) await bus.set({ picks: bus.picks }, "tags");
    },
    /** Ask whether somebody else tagged; fetches the tags anew when so. */
    async look() {
      if (bus.outbox.count()) return; // what waits is shown, though the server does not know it yet
      const { revision } = await (await bus.get("revision", "")).json();
      if (revision !== bus.revision) await bus.tags();
    },
    kept() {
      const has = bus.outbox.count() > 0;
      if (hadWaiting && !has) bus.look().catch(() => {}); // somebody else may have tagged meanwhile
      hadWaiting = has;
      bus.emit("kept");
    },
    /** Tag everything in the scope: shown at once, kept in the outbox until it is stored. Raises what was refused,
     *  with the way to `retry` it. */
    async tag(action, tag) {
      const body = { action, tag, rule: bus.scopeRule() };
      const code = data.verdicts.indexOf(tag) + 1;
      if (action === "clear" || (code && action === "add")) {
        for (let i = 0; i < n; i++) if (bus.scope[i]) bus.verdicts[i] = action === "clear" ? 0 : code;
        bus.emit("tags");
      }
      const answer = await posted("/hem/tags", body);
      await bus.tags().catch(() => {}); // stored all the same; the next look fetches them
      return answer;
    },
    async undo(batch) {
      const answer = await posted("/hem/undo", { batch });
      await bus.tags().catch(() => {}); // stored all the same; the next look fetches them
      return answer;
    },

    csv: async () => (await send("/hem/csv", { ...own(), rule: bus.scopeRule() })).text(),
    get: (what, query) => request(`/hem/${what}`, query),
  };
  return bus;

  /** What a post is about, for the server to refuse what is not its own. */
  function own() {
    return { ...data.identity, fingerprint: data.fingerprint };
  }

  function loading(name) {
    if (!loads.has(name)) loads.set(name, fetchColumn(name));
    return loads.get(name);
  }

  async function fetchColumn(name) {
    const described = bus.described[name];
    if (!described) return undefined;
    try {
      const response = await bus.get("column", `name=${encodeURIComponent(name)}&v=${data.fingerprint}`);
      const values = new TYPES[described.type](await response.arrayBuffer());
      columns.set(name, { ...described, name, values });
      return columns.get(name);
    } catch (error) {
      loads.delete(name); // asked for again when it is next needed
      throw new Error(`column '${name}': ${error.message}`);
    }
  }

  function request(path, query) {
    const about = [query, levelQuery(data.level)].filter(Boolean).join("&");
    return fetched(`${path}/${encodeURIComponent(bus.run)}${about ? `?${about}` : ""}`);
  }

  async function fetched(url, options = {}) {
    const response = await fetch(url, { ...options, headers: { ...options.headers, "X-HEM-Token": bus.token } });
    if (response.ok) return response;
    const said = await response.json().catch(() => ({}));
    const error = new Error(said.error ?? `the server answered ${response.status}`);
    throw Object.assign(error, { status: response.status });
  }

  function send(url, body) {
    return fetched(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async function posted(path, body) {
    return answered(bus.outbox.post(path, { ...body, ...own(), who: bus.person, window: await here }));
  }

  async function answered(number) {
    const { outbox } = bus,
      answer = await outbox.answer(number);
    if (answer) return answer;
    const entry = outbox.refused.find((one) => one.client === outbox.client && one.sequence === number);
    const retry = () => {
      outbox.retry(entry);
      return answered(number);
    };
    throw Object.assign(new Error(entry?.reason ?? "discarded"), entry ? { retry } : {});
  }

  function maskOf(rule) {
    const masks = clauses(rule).map((clause) => clauseMask(clause, bus));
    if (masks.includes(null)) return null;
    return masks.length === 0 ? full : every(masks, n);
  }

  async function remote(rule) {
    const masks = clauses(rule).map((clause) => clauseMask(clause, bus));
    const unknown = clauses(rule).filter((_, k) => masks[k] === null);
    const query = `rule=${encodeURIComponent(JSON.stringify({ all: unknown }))}&rev=${bus.revision}`;
    const answer = new Uint8Array(await (await bus.get("mask", query)).arrayBuffer());
    return every([answer, ...masks.filter((mask) => mask)], n);
  }

  function apply(inFilter, chosen, origin) {
    bus.inFilter = inFilter;
    bus.selected = clauses(bus.selection).length ? every([inFilter, chosen], n) : null;
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
  }

  function mentionsTags() {
    return JSON.stringify([bus.filter, bus.selection]).includes('"tag"');
  }
}

function unpack(buffer) {
  const view = new DataView(buffer),
    count = view.getUint32(0, true);
  let at = 4 + 4 * count;
  return Array.from({ length: count }, (_, k) => {
    const length = view.getUint32(4 + 4 * k, true),
      blob = length ? new Blob([buffer.slice(at, at + length)]) : "";
    at += length;
    return blob;
  });
}

function forgetOld(thumbs, most) {
  for (const [row, url] of thumbs) {
    if (thumbs.size <= most) return;
    if (url) URL.revokeObjectURL(url);
    thumbs.delete(row);
  }
}
