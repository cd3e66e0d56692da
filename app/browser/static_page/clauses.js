// @ts-check
// Which rows of a page a rule matches: what the explorer cannot say by itself, from the texts inside the page.

import { clauseMask, clauses, every } from "../shared/rules.js";

/** What it needs to know of the rows: as `clauseMask` takes it, and their texts and tags.
 *  @typedef {Parameters<typeof clauseMask>[1] & {textsOf: (column: string) => (string | null)[],
 *    searched: () => string[][], tagsOf: () => string[][]}} Rows */

/** The mask (N) of 0/1 of a rule. Raises for a clause that needs a server. @param {any} rule @param {Rows} rows */
export function maskOf(rule, rows) {
  return every(
    clauses(rule).map((clause) => masked(clause, rows)),
    rows.n,
  );
}

/** @returns {Uint8Array} */
function masked(clause, rows) {
  if (clause.not) return masked(clause.not, rows).map((value) => 1 - value);
  if (clause.rows) return ofRows(clause.rows, rows);
  if (clause.tag) return where(rows.tagsOf(), (tags) => hasTag(tags, clause.tag));
  if ("search" in clause) return where(rows.searched(), search(clause.search));
  if (clause.near) throw new Error("this copy has no server, so it cannot find the nearest rows");
  const finds = ofText(clause);
  if (finds) return where(rows.textsOf(clause.column), (text) => text != null && finds(text));
  const mask = clauseMask(clause, rows);
  if (!mask) throw new Error(`this copy has no column '${clause.column}' that could be filtered`);
  return mask;
}

function where(values, is) {
  return Uint8Array.from(values, (value) => (is(value) ? 1 : 0));
}

function ofRows(ids, rows) {
  const mask = new Uint8Array(rows.n);
  for (const id of ids) if (rows.rowOf(id) !== undefined) mask[rows.rowOf(id)] = 1;
  return mask;
}

function hasTag(tags, wanted) {
  return wanted.length ? wanted.some((tag) => tags.includes(tag)) : !tags.length;
}

/** Does a text meet a clause about texts? null for another clause. @returns {((text: string) => boolean) | null} */
function ofText(clause) {
  if ("contains" in clause) return (text) => text.toLowerCase().includes(clause.contains.toLowerCase());
  if ("matches" in clause) {
    const pattern = new RegExp(clause.matches, "u");
    return (text) => pattern.test(text);
  }
  if ("word" in clause) {
    const word = clause.word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
      pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${word}(?![\\p{L}\\p{N}_])`, "iu");
    return (text) => pattern.test(text);
  }
  if (clause.words) {
    const { min, max } = clause.words;
    return (text) => {
      const n = text.split(/\s+/).filter(Boolean).length;
      return n >= (min ?? 0) && n <= (max ?? Infinity);
    };
  }
  return null;
}

/** What a search finds, as store/search.py reads it: all words and "phrases", or a /regular expression/.
 *  @param {string} sought @returns {(texts: string[]) => boolean} */
export function search(sought) {
  const written = sought.trim().match(/^\/(.*)\/(i?)$/s);
  if (written) {
    const pattern = new RegExp(written[1], `u${written[2]}`);
    return (texts) => texts.some((text) => pattern.test(text));
  }
  const words = [...sought.matchAll(/"([^"]+)"|(\S+)/g)].map((one) => (one[1] ?? one[2]).toLowerCase());
  return (texts) => {
    const small = texts.map((text) => text.toLowerCase());
    return words.every((word) => small.some((text) => text.includes(word)));
  };
}
