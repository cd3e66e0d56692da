// @ts-check
// The columns of the run on screen: described at once, their values fetched when they are first needed.

import { order } from "../shared/numbers.js";

/** What holds the values of a column, by the type that the server names. */
export const TYPES = { "<f4": Float32Array, "|u1": Uint8Array, "<u2": Uint16Array, "<i4": Int32Array };

/** A column as the server describes it, with its values.
 * @typedef {{name: string, title: string, kind: "number" | "category", type: keyof typeof TYPES, values: any,
 *   names?: string[], is_score?: boolean, unit?: string, meaning?: string}} Column
 */

/** What a bus knows of columns. bus() gives the bus that they are a part of.
 *  @param {import("../shared/run_client.js").RunClient} source @param {() => any} bus */
export function makeColumns(source, bus) {
  const columns = new Map(),
    loads = new Map(),
    orders = new Map();

  return {
    described: /** @type {Record<string, Column>} */ ({}),
    skipped: /** @type {Record<string, string>} */ ({}), // columns that cannot be shown -> why
    epochs: 0, // of the training that were recorded
    column: (name) => columns.get(name),
    title: (name) => bus().described[name]?.title ?? name,

    async describe() {
      if (Object.keys(bus().described).length) return;
      const { columns: described, skipped, epochs } = await source.columns();
      Object.assign(bus(), { described, skipped: skipped ?? {}, epochs: epochs ?? 0 });
    },

    /** Fetch columns that are not here yet; resolves when all are. */
    load(names) {
      return Promise.all(names.map((name) => columns.get(name) ?? loading(name, bus().described[name])));
    },

    /** Rows of what the gallery shows, sorted by a column; the order is made once a column. */
    sorted(name, descending) {
      const key = `${name} ${descending}`;
      if (!orders.has(key)) orders.set(key, order(columns.get(name).values, descending));
      return orders.get(key);
    },
  };

  function loading(name, described) {
    if (!loads.has(name)) loads.set(name, fetched(name, described));
    return loads.get(name);
  }

  async function fetched(name, described) {
    if (!described) return undefined;
    try {
      const values = new TYPES[described.type](await source.column(name));
      columns.set(name, { ...described, name, values });
      return columns.get(name);
    } catch (error) {
      loads.delete(name); // asked for again when it is next needed
      throw new Error(`column '${name}': ${error.message}`);
    }
  }
}
