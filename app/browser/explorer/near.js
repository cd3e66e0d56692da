// @ts-check
// More like this: the nearest of a row in the embedding as a selection, in the order of their distance.

import { h, select } from "../shared/dom.js";
import { short, whole } from "../shared/numbers.js";
import { clauses } from "../shared/rules.js";
import { USUAL_K } from "../shared/usual_k.js";

const CHOICES = [20, 60, 200, 1000];

/** What a bus knows of nearness: `near` says whether rows can be compared.
 *  @param {import("../shared/run_client.js").RunClient} source
 *  @param {{missing: string | null, other: boolean, words?: boolean} | undefined} near why not, whether rows have
 *    classes, and whether words find their pictures
 *  @param {() => any} bus */
export function makeNear(source, near, bus) {
  const found = new Map(); // a clause -> {rows, place of each row, distances}
  let key = "",
    isOff = false; // another order was chosen meanwhile

  return {
    near: { missing: near?.missing ?? null, other: near?.other ?? false, words: near?.words ?? false },

    /** What is near, while the selection is that and no other order was chosen: {to, rows, at(row)}; else null. */
    nearest() {
      return key && !isOff ? (found.get(key) ?? null) : null;
    },
    /** How many rows were found near, and how many of these the filter hides; null until they are there. */
    foundNear() {
      const rows = key ? found.get(key)?.rows : null;
      return rows ? { n: rows.length, hidden: rows.filter((row) => !bus().inFilter[row]).length } : null;
    },
    /** By distance, or no longer. */
    orderByDistance(isOn) {
      isOff = !isOn;
      bus().emit("near");
    },
    /** Whether the order by distance can be chosen. */
    hasDistances: () => Boolean(key && found.has(key)),
    /** After every change of the selection: fetch the distances of what it is near to. */
    async followNear() {
      const clause = clauses(bus().selection).find((one) => one.near)?.near,
        next = clause ? JSON.stringify(clause) : "";
      if (next === key) return;
      [key, isOff] = [next, false];
      if (!next || found.has(next)) return bus().emit("near");
      try {
        const { rows, distances } = await source.near(clause);
        const at = new Map(rows.map((row, place) => [row, distances[place]]));
        if (found.size > 20) found.clear();
        found.set(next, {
          to: clause.words ? `“${clause.words}”` : clause.id,
          rows: Uint32Array.from(rows),
          at: (row) => at.get(row),
        });
      } catch (error) {
        bus().say({ error: error.message });
      }
      if (next === key) bus().emit("near");
    },
  };
}

/** Select what is near a row. @param {import("./bus.js").Bus} bus */
export async function selectNear(bus, row, { other = false, k = USUAL_K } = {}) {
  const [id] = await bus.idsOf([row]);
  await bus.set({ selection: { all: [{ near: other ? { id, k, other: true } : { id, k } }] }, picks: new Set() });
}

/** The buttons "more like this" of a row. @param {import("./bus.js").Bus} bus */
export function moreLike(bus, row) {
  const why = bus.near.missing,
    button = (text, title, options) =>
      h(
        "button",
        {
          class: "hem-button hem-more-like",
          disabled: Boolean(why),
          title: why ?? title,
          onclick: () => selectNear(bus, row, options).catch((error) => bus.say({ error: error.message })),
        },
        text,
      );
  const parts = [button("More like this", `select the ${USUAL_K} nearest in the embedding (M)`, {})];
  if (bus.near.other)
    parts.push(button("of another class", `the ${USUAL_K} nearest with another label`, { other: true }));
  if (why) parts.push(h("span", { class: "hem-muted hem-more-why" }, why));
  return parts;
}

/** How many are near, as a control of the chip of the selection; null where the selection is something else.
 *  @param {import("./bus.js").Bus} bus */
export function nearControl(bus) {
  const clause = clauses(bus.selection).find((one) => one.near);
  if (!clause) return null;
  const put = (change) => {
    const near = { ...clause.near, ...change };
    if (!near.other) delete near.other;
    bus.set({ selection: { all: clauses(bus.selection).map((one) => (one === clause ? { near } : one)) } });
  };
  const choices = [...new Set([...CHOICES, clause.near.k])].sort((a, b) => a - b),
    many = choices.map((k) => [String(k), `${k.toLocaleString("en-US")} nearest`]),
    parts = [select(many, String(clause.near.k), (k) => put({ k: Number(k) }), "how many are near")];
  if (clause.near.id && (bus.near.other || clause.near.other))
    parts.push(
      h(
        "button",
        {
          class: "hem-chip-action",
          title: clause.near.other ? "the nearest of every class" : "only those with another label",
          onclick: () => put({ other: !clause.near.other }),
        },
        clause.near.other ? "of any class" : "of another class",
      ),
    );
  const near = bus.foundNear();
  if (near?.hidden)
    parts.push(
      h(
        "button",
        {
          class: "hem-chip-action",
          title: "remove the filter and keep the selection",
          onclick: () => bus.set({ filter: { all: [] } }),
        },
        `The filter hides ${whole(near.hidden)} of the ${whole(near.n)} nearest; show them too`,
      ),
    );
  return h("span", { class: "hem-near-control" }, parts);
}

/** The rows of a page in the order in which the gallery shows them. @param {import("./bus.js").Bus} bus */
export function inOrder(bus, view) {
  return bus.nearest()?.rows ?? bus.sorted(view.score, !view.ascending);
}

/** The number under a tile and what it is: the distance where the order is by it, else the score.
 *  @param {import("./bus.js").Bus} bus */
export function shownNumber(bus, view, row) {
  const near = bus.nearest();
  if (near) return { text: short(near.at(row)), title: `cosine distance to ${near.to}` };
  return { text: short(bus.valueOf(view.score, row)), title: bus.title(view.score) };
}
