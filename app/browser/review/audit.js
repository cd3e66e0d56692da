// @ts-check
// Review in an audit: always blind, each verdict named as one of the audit, and an end when enough is known.

/** How far it has come: in words, and how many rows everybody has answered and about how many are left
 *  to the interval that was asked for, the goal; end: why to stop, once it can.
 *  @typedef {{key: string, sentence: string, is_enough: boolean, drawn: number, left: number, goal: string,
 *  end: string | null}} Audit */

/** Why a row is in the queue, of one that the audit drew. */
const DRAWN_BY_AUDIT = "audit";

/** What a post about a row says of the audit: nothing for a row that the audit did not draw.
 *  @param {import("./desk.js").Desk} desk @param {number} row @returns {{audit?: string}} */
export function markOf(desk, row) {
  const key = desk.data?.audit?.key;
  return key && desk.drawn[desk.rows.indexOf(row)] === DRAWN_BY_AUDIT ? { audit: key } : {};
}

/** How far the audit has come, for the head: {n, done, words}. @param {Audit} audit */
export function countOf({ drawn, left, goal, is_enough }) {
  const more = is_enough ? "" : `, about ${left.toLocaleString("en")} more to ${goal}`;
  return { n: drawn + left, done: drawn, words: ` reviewed in this audit${more}` };
}

/** Take what the server says of the audit after a verdict; once enough is known, only judged rows stay in the queue.
 *  @param {import("./desk.js").Desk} desk @param {{audit?: Audit} | null} stored */
export function takeStanding(desk, stored) {
  const audit = stored?.audit;
  if (!audit || !desk.data?.audit) return;
  desk.data.audit = { ...desk.data.audit, ...audit };
  desk.screen.head();
  if (!audit.is_enough) return;
  const current = desk.row,
    stays = (row) => row === current || desk.verdicts.has(row);
  const kept = desk.rows.map((row, at) => ({ row, why: desk.drawn[at] })).filter(({ row }) => stays(row));
  desk.rows = kept.map(({ row }) => row);
  desk.drawn = kept.map(({ why }) => why);
  if (current !== undefined) desk.at = desk.rows.indexOf(current);
  // Shown already, and not judged: it is left for another audit.
  if (current !== undefined && !desk.verdicts.has(current)) {
    desk.rows.splice(desk.at, 1);
    desk.drawn.splice(desk.at, 1);
    desk.at = desk.rows.length;
    desk.show();
  }
}
