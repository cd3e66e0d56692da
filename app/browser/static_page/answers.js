// @ts-check
// The answers of a server, from the files inside a page.

import { TYPES } from "../explorer/columns.js";
import { csv } from "../shared/cells.js";
import { packed } from "../shared/rules.js";
import { maskOf, search } from "./clauses.js";
import { pack, words } from "./packed.js";
import { tableAnswers } from "./table_answers.js";

/** A `fetch` for the addresses of shared/run_client.js. files: as `unpacked` gives them.
 *  @param {Map<string, Uint8Array>} files @returns {(path: string, options?: RequestInit) => Promise<Response>} */
export function answersOf(files) {
  const known = new Map(),
    json = (name) => {
      if (!known.has(name)) known.set(name, JSON.parse(words(files.get(name))));
      return known.get(name);
    },
    pick = (name, rows) => answer(JSON.stringify(rows.map((row) => json(name)[row]))),
    thumbs = sliced(files.get("thumbs")),
    data = json("data"),
    rows = {
      n: data.n,
      ids: () => json("ids"),
      described: json("columns").columns,
      column,
      rowOf: (id) => rowsById().get(id),
      verdicts: files.get("verdicts"),
      verdictNames: data.verdicts,
      textsOf,
      searched: () => json("searched"),
      tagsOf,
      maskOf: (rule) => maskOf(rule, rows),
    },
    table = tableAnswers(rows);
  const told = { "X-HEM-Revision": "0", "X-HEM-Free": json("free").some((tags) => tags.length) ? "1" : "0" };
  const ways = {
    columns: () => answer(files.get("columns")),
    column: (asked) => answer(files.get(`column/${asked.get("name")}`)),
    ids: (asked) => pick("ids", rowsOf(asked)),
    contents: (asked) => pick("contents", rowsOf(asked)),
    detail: (asked) => pick("details", rowsOf(asked)),
    free: (asked) => pick("free", rowsOf(asked)),
    thumbs: (asked) => answer(pack(rowsOf(asked).map((row) => pictureOf(row, asked.get("whole") === "1")))),
    image: (asked) => answer(pictureOf(rowsOf(asked)[0], true)),
    verdicts: () => answer(files.get("verdicts"), told),
    revision: () => answer(JSON.stringify({ revision: 0 })),
    mask: (asked, body) => answer(packed(rows.maskOf(body?.rule ?? JSON.parse(asked.get("rule"))))),
    csv: (_, body) => answer(csvOf(rows.maskOf(body.rule))),
    found(_, body) {
      search(body.search); // raises for what is no regular expression
      return answer(JSON.stringify({ found: body.rows.map(() => ({ terms: [], excerpt: null })) }));
    },
    clusters: () => answer(files.get("clusters")),
    fields: () => answer(JSON.stringify(table.fields())),
    table: (_, body) => answer(JSON.stringify(table.page(body))),
    "table-rows": (_, body) => answer(JSON.stringify(table.numbers(body))),
    "table-csv": (_, body) => answer(table.csv(body)),
  };
  return async (path, options = {}) => {
    const address = new URL(path, "http://page"),
      way = ways[address.pathname.split("/")[2]];
    if (!way) return refusal("this copy has no server, so it cannot do this");
    try {
      return way(address.searchParams, options.body ? JSON.parse(String(options.body)) : null);
    } catch (error) {
      return refusal(error.message);
    }
  };

  function column(name) {
    const about = json("columns").columns[name],
      bytes = files.get(`column/${name}`);
    return about && bytes && { ...about, values: new TYPES[about.type](bytes.slice().buffer) };
  }

  function rowsById() {
    if (!known.has("rows")) known.set("rows", new Map(json("ids").map((id, row) => [id, row])));
    return known.get("rows");
  }

  function pictureOf(row, isLarge) {
    return (isLarge && files.get(`image/${row}`)) || thumbs[row];
  }

  /** The tags of each row, verdicts among them. */
  function tagsOf() {
    return json("free").map((tags, row) => {
      const code = rows.verdicts[row];
      return code ? [...tags, data.verdicts[code - 1]] : tags;
    });
  }

  function textsOf(name) {
    if (name === "id") return json("ids");
    if (name === data.words) return json("details").map((item) => item.text ?? item[name]);
    const of = column(name);
    if (!of?.names) throw new Error(`this copy has no texts of '${name}'`);
    return Array.from(of.values, (code) => of.names[code] ?? null);
  }

  function csvOf(mask) {
    const { names, rows: lines } = json("csv");
    const tags = tagsOf(),
      kept = lines.map((line, at) => [...line, tags[at].join(", ")]).filter((_, at) => mask[at]);
    return csv([...names, "tags"], kept);
  }
}

function rowsOf(asked) {
  return asked.get("rows").split(",").filter(Boolean).map(Number);
}

function sliced(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset),
    count = view.getUint32(0, true);
  let at = 4 + 4 * count;
  return Array.from({ length: count }, (_, k) => {
    at += view.getUint32(4 + 4 * k, true);
    return packed.subarray(at - view.getUint32(4 + 4 * k, true), at);
  });
}

function answer(content, headers = {}) {
  return new Response(content, { headers });
}

function refusal(error) {
  return new Response(JSON.stringify({ error }), { status: 404 });
}
