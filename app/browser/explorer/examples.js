// @ts-check
// What is shown of single examples: their ids, thumbnails, texts and free tags, fetched by row and kept for a while.

import { unpacked } from "../shared/rules.js";

const MOST = 3000; // thumbnails, and texts, that are kept
const IDS_A_REQUEST = 500;

/** What a bus knows of examples. bus() gives the bus that they are a part of.
 *  @param {import("../shared/run_client.js").RunClient} source @param {string} look what stands for an example
 *  @param {() => any} bus */
export function makeExamples(source, look, bus) {
  const ids = new Map(),
    rowOf = new Map(),
    thumbs = new Map(),
    contents = new Map();
  const hasPictures = look === "picture";

  return {
    hasPictures,
    hasFree: false, // has anybody given a tag that is no verdict?
    rowOf: (id) => rowOf.get(id),
    idOf: (row) => ids.get(row),

    async idsOf(rows) {
      const missing = rows.filter((row) => !ids.has(row));
      for (let at = 0; at < missing.length; at += IDS_A_REQUEST) {
        const part = missing.slice(at, at + IDS_A_REQUEST),
          texts = await source.ids(part);
        part.forEach((row, k) => {
          ids.set(row, texts[k]);
          rowOf.set(texts[k], row);
        });
      }
      return rows.map((row) => ids.get(row));
    },

    /** The row of an id, asked of the server where it was not seen yet; -1 where the level has no such id. */
    async findRow(id) {
      if (!rowOf.has(id)) {
        const row = unpacked(await source.mask({ all: [{ rows: [id] }] }, 0), bus().n).indexOf(1);
        if (row >= 0) await bus().idsOf([row]);
      }
      return rowOf.get(id) ?? -1;
    },

    /** Object URLs of thumbnails by row ('' where there is none); one request for those not seen yet. isWhole: of a
     *  part, its whole example. */
    async thumbsOf(rows, isWhole = false) {
      if (!hasPictures) return rows.map(() => "");
      const key = (row) => (isWhole ? `whole ${row}` : row),
        missing = rows.filter((row) => !thumbs.has(key(row)));
      if (missing.length) {
        const blobs = await source.thumbs(missing, isWhole);
        missing.forEach((row, k) => thumbs.set(key(row), blobs[k] ? URL.createObjectURL(blobs[k]) : ""));
        forgetOldest(thumbs, (url) => url && URL.revokeObjectURL(url));
      }
      return rows.map((row) => thumbs.get(key(row)));
    },

    /** The large picture of a row as an object URL, which the caller lets go of; hidden: layers that are left out. */
    async pictureOf(row, hidden) {
      return URL.createObjectURL(await source.picture(row, false, hidden));
    },

    found: source.found,
    fields: source.fields,
    tablePage: source.tablePage,
    tableRows: source.tableRows,
    tableCsv: source.tableCsv,

    /** Everything that is known of a row, as the detail view of Review has it. */
    async detailOf(row) {
      return (await source.details([row], false)).items[0];
    },

    /** What stands for some examples without pictures: a text, or a row's features; null for pictures. */
    async contentsOf(rows) {
      if (hasPictures || look === "nothing") return rows.map(() => null);
      const missing = rows.filter((row) => !contents.has(row));
      if (missing.length) {
        const found = await source.contents(missing);
        missing.forEach((row, k) => contents.set(row, found[k]));
        forgetOldest(contents, () => {});
      }
      return rows.map((row) => contents.get(row));
    },

    /** The free tags of some rows, a list of names for each. */
    async freeOf(rows) {
      if (!bus().hasFree || !rows.length) return rows.map(() => []);
      return source.free(rows);
    },
  };
}

function forgetOldest(kept, letGo) {
  for (const [row, one] of kept) {
    if (kept.size <= MOST) return;
    letGo(one);
    kept.delete(row);
  }
}
