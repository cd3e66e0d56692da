// @ts-check
// What a page is told of a run with very many rows: it holds no columns of numbers, and asks for a page of the gallery,
// the counts of a histogram and the masks of clauses. With fewer rows the same questions are answered from the columns.

import { histogram } from "../shared/numbers.js";
import { clauses, unpacked } from "../shared/rules.js";

const MOST_MASKS = 24;
const MOST_VALUES = 5000; // rows whose numbers are kept

/** What a bus answers of its rows. bus() gives the bus that this is a part of; data: as openBus takes it.
 *  @param {import("../shared/run_client.js").RunClient} source @param {{n: number, is_crowd?: boolean, without?:
 *  {density?: string}}} data
 *  @param {() => any} bus */
export function makeCrowd(source, data, bus) {
  const masks = new Map(), // clause as JSON, with the revision of the tags where it is about them -> mask (N)
    values = new Map(), // column -> row -> value
    spreads = new Map();
  const isCrowd = Boolean(data.is_crowd);

  return {
    /** Are there so many rows that the page has no columns of numbers? */
    isCrowd,
    /** Is there a server that can count the points of a map? */
    canCount: !data.without?.density,
    knownMask: (clause) => masks.get(key(clause)),

    /** The mask of a clause that only the server can say, known from then on; the oldest ones are forgotten. */
    async fetchMask(clause) {
      const mask = unpacked(await source.mask({ all: [clause] }, bus().revision), data.n);
      masks.set(key(clause), mask);
      for (const one of masks.keys()) if (masks.size > MOST_MASKS) masks.delete(one);
      return mask;
    },

    /** Make ready what is drawn with some columns: names are fetched whole, and so are numbers, but for those of a
     *  crowd, of which only the spread is fetched; whole: columns that are needed whole all the same. */
    async prepare(names, whole = []) {
      if (!isCrowd) return bus().load(names);
      const isWhole = (name) => bus().described[name]?.kind !== "number" || whole.includes(name),
        rest = names.filter((name) => !isWhole(name));
      return Promise.all([bus().load(names.filter(isWhole)), ...rest.map(spread)]);
    },

    /** {rows, total}: a page of the rows in filter and selection, sorted by a score. columns: numbers of these rows
     *  that `valueOf` is to know. */
    async pageOf(score, isDescending, start, length, columns = []) {
      const rule = { all: [...clauses(bus().filter), ...clauses(bus().selection)] },
        names = [...new Set([score, ...columns])];
      const found = await source.page({ rule, score, is_descending: isDescending, start, length, columns: names });
      keep(found.rows, found.values);
      return found;
    },

    /** {rows, first, total}: the rows around one in the order of the gallery, as `around` of order.js gives them. */
    async around(score, isDescending, row, reach) {
      const rule = { all: [...clauses(bus().filter), ...clauses(bus().selection)] },
        order = { rule, score, is_descending: isDescending, length: 2 * reach + 1 };
      const found = await source.page(row < 0 ? { ...order, start: 0 } : { ...order, around: row, start: -reach });
      return { rows: found.rows, first: found.start, total: found.total };
    },

    /** The number of a row in a column; undefined where it is not known here. */
    valueOf: (name, row) => bus().column(name)?.values[row] ?? values.get(name)?.get(row),

    /** Ask for the numbers of some rows that are not known here. */
    async needValues(rows, columns) {
      const isKnown = (name) => rows.every((row) => bus().valueOf(name, row) !== undefined),
        lacking = columns.filter((name) => bus().described[name]?.kind === "number" && !isKnown(name));
      if (lacking.length) keep(rows, (await source.values(rows, lacking)).values);
    },

    /** [all, filtered, in scope]: counts of the bins of a scale, as scaleOf gives it. */
    countsOf(name, scale) {
      const rules = [null, bus().filter, bus().scopeRule()],
        request = { column: name, ...scaleRequest(scale), rules };
      return source.counts(request).then(({ counts }) => counts);
    },

    /** The bars of a range filter over a grid; of a percentile, how often the model errs there. */
    async barCounts(name, grid, meanOf) {
      const request = { column: name, low: grid.low, width: grid.width, count: grid.count, rules: [null] };
      const { counts } = await source.counts(meanOf ? { ...request, mean_of: meanOf } : request);
      return counts[0];
    },

    /** What `density_answer.js` reads. */
    density: (request) => source.density(request),
  };

  function key(clause) {
    const text = JSON.stringify(clause);
    return text.includes('"tag"') ? `${text} ${bus().revision}` : text;
  }

  function keep(rows, found) {
    for (const [name, column] of Object.entries(found)) {
      if (!values.has(name)) values.set(name, new Map());
      const known = values.get(name);
      rows.forEach((row, at) => known.set(row, column[at] ?? NaN));
      for (const row of known.keys()) {
        if (known.size <= MOST_VALUES) break;
        known.delete(row);
      }
    }
  }

  async function spread(name) {
    if (!spreads.has(name)) spreads.set(name, source.spread(name));
    try {
      Object.assign(bus().described[name], await spreads.get(name));
    } catch (error) {
      spreads.delete(name); // asked for again when it is next needed
      throw error;
    }
  }
}

/** What the server needs of a scale to count in its bins. */
function scaleRequest({ grid, isLog, ends }) {
  const request = { low: grid.low, width: grid.width, count: grid.count };
  return isLog ? { ...request, is_log: true, from: ends[0], to: ends[1] } : request;
}

/** [all, filtered, in scope]: counts of the bins of a scale over a column that is here.
 *  @param {import("./bus.js").Bus} bus */
export function countedHere(bus, placed, grid, totals) {
  const isFiltered = clauses(bus.filter).length > 0,
    filtered = isFiltered ? histogram(placed, grid, bus.inFilter) : totals;
  return [totals, filtered, bus.selected || bus.picks.size ? histogram(placed, grid, bus.scope) : filtered];
}
