// @ts-check
// The table of a page: its columns, its rows in an order, and its CSV.

import { csv } from "../shared/cells.js";
import { order } from "../shared/numbers.js";

/** What a table can be asked. rows: {ids(), described, column(name), maskOf(rule), tagsOf()}. */
export function tableAnswers(rows) {
  const cell = (column, row) => {
    const value = column.values[row];
    if (column.names) return column.names[value] ?? null;
    return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
  };

  return {
    fields() {
      const id = { name: "id", title: "id", unit: "", kind: "text", meaning: "" };
      return [id, ...Object.entries(rows.described).map(([name, one]) => ({ ...one, name }))];
    },
    page(about) {
      const some = sorted(about).slice(about.offset, about.offset + about.limit);
      return { rows: some, cells: cells(some, about.columns) };
    },
    numbers(about) {
      return { rows: sorted(about).slice(about.offset, about.offset + about.limit) };
    },
    csv(about) {
      const names = [...new Set(["id", ...about.columns])],
        some = sorted(about),
        tags = rows.tagsOf(),
        found = cells(some, names).map((line, at) => [...line, tags[some[at]].join(", ")]);
      return csv([...names, "tags"], found);
    },
  };

  function cells(some, names) {
    const columns = names.map((name) => (name === "id" ? null : rows.column(name)));
    return some.map((row) => columns.map((column) => (column ? cell(column, row) : rows.ids()[row])));
  }

  /** @returns {number[]} */
  function sorted({ rule, sort, descending }) {
    const mask = rows.maskOf(rule),
      column = sort && sort !== "id" ? rows.column(sort) : null,
      ids = sort === "id" ? rows.ids() : null,
      all = column ? [...order(ranked(column), descending)] : [...mask.keys()];
    if (ids) all.sort((a, b) => (ids[a] < ids[b] ? -1 : ids[a] > ids[b] ? 1 : 0) * (descending ? -1 : 1));
    return all.filter((row) => mask[row]);
  }
}

/** The values of a column as numbers that sort as it does: names by the alphabet, missing ones as NaN. */
function ranked(column) {
  if (!column.names) return column.values;
  const places = column.names.map((_, code) => code).sort((a, b) => (column.names[a] < column.names[b] ? -1 : 1)),
    rank = new Map(places.map((code, place) => [code, place]));
  return Float64Array.from(column.values, (code) => rank.get(code) ?? NaN);
}
