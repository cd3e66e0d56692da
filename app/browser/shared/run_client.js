// @ts-check
// What the server has of one level of a run, a function each: addresses and encodings are known here alone.

import { levelQuery } from "./level.js";

const LONGEST_QUERY = 6000; // letters of an address; what is longer is posted

/** Which run and level, and which scores and data its rows are of.
 * @typedef {{run: string, level?: string, fingerprint: string, identity: object}} About
 * @typedef {ReturnType<typeof openRun>} RunClient
 */

/** Open a level of a run, `examples` where none is named. Rows are positions in its table. Every function raises what
 *  the server refuses.
 *  @param {Pick<import("./client.js").Client, "request" | "person" | "windowName">} client @param {About} about */
export function openRun(client, { run, level, fingerprint, identity }) {
  const ofThese = `v=${fingerprint}`; // lets the browser keep the answer for good
  const rowsOf = (rows) => `rows=${rows.join(",")}`;

  return {
    /** {columns: {name: description}, skipped: {name: why}}. */
    columns: () => json("columns", ofThese),
    /** What the desk of Review, here in a drawer, has to know of the level. */
    desk: () => json("desk", ""),
    /** The values of a column as bytes of its type. */
    column: (name) => bytes("column", `name=${encodeURIComponent(name)}&${ofThese}`),
    /** The places on the data map after an epoch: all x, then all y, float32. */
    replay: (/** @type {number} */ epoch) => bytes("replay", `epoch=${epoch}&${ofThese}`),
    ids: (rows) => json("ids", `${rowsOf(rows)}&${ofThese}`),
    /** A Blob for each row, null where it has no picture; isWhole: of a part, its whole example with it marked. */
    thumbs: async (rows, isWhole = false) =>
      unpack(await bytes("thumbs", `${rowsOf(rows)}${isWhole ? "&whole=1" : ""}&${ofThese}`)),
    /** The large picture of a row; isPlain: without the parts that its task draws into it; hidden: layers of these. */
    async picture(row, isPlain = false, /** @type {string[]} */ hidden = []) {
      const without = hidden.length ? `&hide=${hidden.join(",")}` : "";
      return (await get("image", `${rowsOf([row])}${isPlain ? "&plain=1" : ""}${without}&${ofThese}`)).blob();
    },
    /** What stands for examples without pictures: a text, or features. */
    contents: (rows) => json("contents", `${rowsOf(rows)}&${ofThese}`),
    /** The free tags of each row. */
    free: (rows) => json("free", rowsOf(rows)),
    /** Which rows match the rule, a bit for each, the first one in the lowest. revision: of the tags. */
    async mask(rule, revision) {
      const query = `rule=${encodeURIComponent(JSON.stringify(rule))}&bits=1&rev=${revision}`;
      if (query.length < LONGEST_QUERY) return new Uint8Array(await bytes("mask", query));
      return new Uint8Array(await (await post("mask", { rule, bits: true })).arrayBuffer());
    },
    /** {clip: [low, high], least} of a column of numbers: where its colours end, and its smallest positive value. */
    spread: (name) => json("spread", `name=${encodeURIComponent(name)}&${ofThese}`),
    /** {total, rows, values: {column: values}}: rows of a rule sorted by a score. */
    page: async (request) => (await post("page", request)).json(),
    /** {values: {column: values}} of some rows in some columns of numbers. */
    values: async (rows, columns) => (await post("values", { rows, columns })).json(),
    /** {counts}: for each rule, how many of its rows fall in each bin of a column. */
    counts: async (request) => (await post("counts", request)).json(),
    /** The rows in a window of a map, as cells or as points; see density_answer.js. */
    density: async (request) => (await post("density", request)).arrayBuffer(),
    /** {codes, revision, hasFree}: the verdict of every row as a number, 0 for none. */
    async verdicts() {
      const response = await get("verdicts");
      const codes = new Uint8Array(await response.arrayBuffer());
      return { codes, revision: revisionOf(response), hasFree: response.headers.get("X-HEM-Free") === "1" };
    },
    /** The number of the newest change of the tags. */
    revision: async () => (await json("revision")).revision,
    /** {revision, items}; blind: without label and all that hints at it, but for what somebody has judged. */
    async details(rows, isBlind) {
      const response = await get("detail", `${rowsOf(rows)}${isBlind ? "&blind=1" : ""}`);
      return { revision: revisionOf(response), items: await response.json() };
    },
    /** {revision, verdicts: {row: verdict}} of what people said one at a time. */
    judged: (rows) => json("judged", rowsOf(rows)),
    /** Claim the first `most` of some rows for a window: {own, others, judged, revision, seconds}; drop: rows to give
     *  back, release: all that the window has but the rows. */
    async claim(rows, most, { window, isDispute = false, drop = /** @type {number[]} */ ([]), release = false }) {
      const about = { window: window || "window", is_dispute: isDispute, drop, release, who: client.person() };
      return (await post("claim", { rows, most, ...about }, { keepalive: release })).json();
    },
    /** The examples of a rule as the text of a CSV file. */
    csv: async (rule) => (await post("csv", { rule })).text(),
    /** What sets a group inside a filter apart, both as rules; without a group, what sets the filter apart. */
    why: async (filter, selection) => (await post("why", { filter, selection })).json(),
    /** Have the server read what the comparisons need, so that the first one is as fast as the others. */
    prepareWhy: () => post("why", { is_preparing: true }),
    /** The clusters of the embedding, the largest first: {cluster, name, x, y, n}. */
    clusters: async () => (await (await post("clusters", {})).json()).clusters,
    /** {rows, distances}: the nearest rows of a near clause, ascending. */
    near: async (near) => (await post("near", { near })).json(),
    /** What of some rows a search finds, {terms, excerpt} each; without rows only whether the search is a good one. */
    found: async (search, rows) => (await (await post("found", { search, rows })).json()).found,
    /** Every column that a table can show, [{name, title, unit, kind, meaning}]. */
    fields: () => json("fields", ""),
    /** A page of the table: {rows, cells}; about: {rule, columns, sort, descending, offset, limit}. */
    tablePage: async (about) => (await post("table", about)).json(),
    /** The same without cells, of more rows: their numbers. */
    tableRows: async (about) => (await (await post("table-rows", about)).json()).rows,
    /** All of it as the text of a CSV file. */
    tableCsv: async (about) => (await post("table-csv", about)).text(),
    /** What every post says, for the server to refuse what is not its own: the data, who says it, and where. */
    about: () => ({ ...identity, who: client.person(), window: client.windowName() }),
  };

  function get(what, query = "") {
    const about = [query, levelQuery(level)].filter(Boolean).join("&");
    return client.request(`/hem/${what}/${encodeURIComponent(run)}${about ? `?${about}` : ""}`);
  }

  function post(what, content, options = {}) {
    const body = JSON.stringify({ ...identity, fingerprint, ...content }),
      headers = { "Content-Type": "application/json" };
    return client.request(`/hem/${what}`, { ...options, method: "POST", headers, body });
  }

  async function json(what, query) {
    return (await get(what, query)).json();
  }

  async function bytes(what, query) {
    return (await get(what, query)).arrayBuffer();
  }
}

function revisionOf(response) {
  return Number(response.headers.get("X-HEM-Revision") ?? 0);
}

/** The pictures in one answer: their number, their lengths (uint32, little-endian), then the bytes of each. */
export function unpack(buffer) {
  const view = new DataView(buffer),
    count = view.getUint32(0, true);
  let at = 4 + 4 * count;
  return Array.from({ length: count }, (_, k) => {
    const length = view.getUint32(4 + 4 * k, true);
    at += length;
    return length ? new Blob([buffer.slice(at - length, at)], { type: "image/webp" }) : null;
  });
}
