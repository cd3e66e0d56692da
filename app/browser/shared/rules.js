// @ts-check
// Rules in the page: the same predicates as the server resolves, on typed arrays.

/** Mask (N) of 0/1 for one clause, or null when only the server can say (text, unknown ids, free tags).
 *  @typedef {{kind: string, values: ArrayLike<number>, names?: string[]}} Values
 *  @param {{n: number, column: (name: string) => Values | undefined, rowOf: (id: string) => number | undefined,
 *    verdicts: ArrayLike<number>, verdictNames: string[], knownMask?: (clause: object) => Uint8Array | undefined}}
 *      store */
export function clauseMask(clause, store) {
  const known = store.knownMask?.(clause);
  if (known) return known;
  if (clause.not) return inverted(clauseMask(clause.not, store));
  if (clause.polygon) return polygonMask(clause.polygon, store);
  if (clause.rows) return rowsMask(clause.rows, store);
  if (clause.tag) return tagMask(clause.tag, store);
  if (isText(clause)) return null;
  const column = store.column(clause.column);
  if (!column) return null;
  if (clause.in) return inMask(column, clause.in);
  return column.kind === "number" ? rangeMask(column.values, clause.min, clause.max) : null;
}

/** Is a clause about texts, which the server alone has? @param {any} clause */
export function isText(clause) {
  return ["contains", "matches", "search", "word", "words"].some((key) => key in clause);
}

/** Points inside a polygon by the even-odd rule; the server computes the same bits.
 *  x, y Float32Array; points pairs of doubles, rounded to float32, the crossing computed in double. */
export function inside(x, y, points) {
  const count = points.length;
  const px = Float32Array.from(points, (point) => point[0]);
  const py = Float32Array.from(points, (point) => point[1]);
  const [left, right] = extent(px),
    [low, high] = extent(py);
  const out = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const a = x[i],
      b = y[i];
    if (!(a >= left && a <= right && b >= low && b <= high)) continue;
    let odd = 0;
    for (let k = 0, j = count - 1; k < count; j = k++) {
      const y1 = py[k],
        y2 = py[j];
      if (y1 <= b === y2 <= b) continue;
      if (a < ((px[j] - px[k]) * (b - y1)) / (y2 - y1) + px[k]) odd ^= 1;
    }
    out[i] = odd;
  }
  return out;
}

/** All masks at once: 1 where every one is 1. With no mask everything is in. */
export function every(masks, n) {
  const out = new Uint8Array(n).fill(1);
  for (const mask of masks) for (let i = 0; i < n; i++) out[i] &= mask[i];
  return out;
}

/** A mask of 0/1 as bits, the first row in the lowest one. */
export function packed(mask) {
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}

/** The mask (n) of 0/1 that is packed into bits, the first row in the lowest one. */
export function unpacked(bits, n) {
  const out = new Uint8Array(n),
    whole = n >> 3;
  for (let at = 0, i = 0; at < whole; at++) {
    const byte = bits[at];
    if (!byte) {
      i += 8;
      continue;
    }
    for (let bit = 0; bit < 8; bit++) out[i++] = (byte >> bit) & 1;
  }
  for (let i = whole << 3; i < n; i++) out[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return out;
}

export function count(mask) {
  let total = 0;
  for (let i = 0; i < mask.length; i++) total += mask[i];
  return total;
}

/** A lasso with fewer corners: those that lie within `tolerance` of the line between their neighbours go. */
export function simplify(points, tolerance) {
  if (points.length < 4) return points;
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const open = [[0, points.length - 1]];
  while (open.length) {
    const [first, last] = open.pop();
    let worst = tolerance,
      at = -1;
    for (let i = first + 1; i < last; i++) {
      const away = distance(points[i], points[first], points[last]);
      if (away > worst) [worst, at] = [away, i];
    }
    if (at >= 0) {
      keep[at] = 1;
      open.push([first, at], [at, last]);
    }
  }
  return points.filter((_, i) => keep[i]);
}

/** The rule with the clause on `column` replaced, or taken out when clause is null. */
export function withClause(rule, column, clause) {
  const rest = clauses(rule).filter((one) => subject(one) !== column);
  return { all: clause ? [...rest, clause] : rest };
}

/** The clause of a rule that a control of `column` shows, if any. */
export function clauseOf(rule, column) {
  return clauses(rule).find((one) => subject(one) === column);
}

export function clauses(rule) {
  return rule?.all ?? [];
}

/** What a clause is about: a column's name, 'tag', or 'search'; null for what no control shows: polygons, rows, single
 *  words, what is near a row. */
export function subject(clause) {
  const inner = clause.not ?? clause;
  if ("search" in inner) return "search";
  if ("word" in inner || inner.words) return null;
  return inner.tag ? "tag" : (inner.column ?? null);
}

/** A rule as far as these columns can follow it: {rule, dropped: [clauses]}.
 *
 *  described: {name: {kind, names}} of the run on screen. A clause on a column or on values that are not there is
 *  dropped, of a list of values only those; texts, tags and ids are for the server to know. */
export function fitted(rule, described) {
  const dropped = [],
    kept = [];
  for (const clause of clauses(rule)) {
    const fit = fittedClause(clause, described);
    if (fit) kept.push(fit);
    if (fit !== clause) dropped.push(clause);
  }
  return { rule: { all: kept }, dropped };
}

function fittedClause(clause, described) {
  if (clause.not) return fittedClause(clause.not, described) === clause.not ? clause : null;
  if (clause.polygon)
    return described[clause.polygon.x]?.kind === "number" && described[clause.polygon.y]?.kind === "number"
      ? clause
      : null;
  if (!clause.column || isText(clause)) return clause;
  const column = described[clause.column];
  if (!column) return null;
  if (!clause.in) return column.kind === "number" ? clause : null;
  if (!column.names) return clause;
  const found = clause.in.filter((value) => value === null || column.names.includes(String(value)));
  if (found.length === clause.in.length) return clause;
  return found.length ? { ...clause, in: found } : null;
}

/** A clause in words, for a chip. titles(name) gives a column's title; format(number) its text, and
 *  named(column, value) what a reader sees for a value of it. */
export function describe(clause, titles, format, named = (_column, value) => value) {
  if (clause.not) {
    if (clause.not.tag && !clause.not.tag.length) return "has a tag";
    return `not (${describe(clause.not, titles, format, named)})`;
  }
  if (clause.polygon) return `lasso on ${titles(clause.polygon.x)} and ${titles(clause.polygon.y)}`;
  if (clause.rows) return `${clause.rows.length.toLocaleString("en-US")} chosen`;
  if (clause.near) {
    const { id, words, k, other } = clause.near;
    return `${k.toLocaleString("en-US")} nearest to ${words ? `“${words}”` : id}${other ? " with another label" : ""}`;
  }
  if (clause.tag) return clause.tag.length ? `tagged ${clause.tag.join(" or ")}` : "no tag";
  if ("search" in clause)
    return clause.search.startsWith("/") ? `search ${clause.search}` : `search “${clause.search}”`;
  const title = titles(clause.column);
  if ("matches" in clause) return `${title} matches /${clause.matches}/`;
  if ("contains" in clause) return `${title} contains “${clause.contains}”`;
  if ("word" in clause) return `${title} has the word “${clause.word}”`;
  if (clause.words) return `${title} has ${ends(clause.words, format)} words`;
  if (clause.in) return `${title} is ${listed(clause.in, (value) => named(clause.column, value))}`;
  if (clause.min == null && clause.max == null) return `${title} is known`;
  return `${title} ${ends(clause, format)}`;
}

function ends({ min, max }, format) {
  if (min == null) return `up to ${format(max)}`;
  return max == null ? `from ${format(min)}` : `${format(min)} to ${format(max)}`;
}

function listed(values, named) {
  const texts = values.map((value) => (value === null ? "missing" : named(String(value))));
  return texts.length > 3 ? `${texts.slice(0, 2).join(", ")} or ${texts.length - 2} more` : texts.join(" or ");
}

function rangeMask(values, min, max) {
  const low = min ?? -Infinity,
    high = max ?? Infinity,
    out = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = values[i] >= low && values[i] <= high ? 1 : 0;
  return out;
}

function inMask(column, wanted) {
  if (!column.names) return null;
  const texts = new Set(wanted.filter((value) => value !== null).map(String));
  const isIn = Uint8Array.from(column.names, (name) => (texts.has(name) ? 1 : 0));
  const missing = wanted.includes(null) ? 1 : 0,
    out = new Uint8Array(column.values.length);
  for (let i = 0; i < out.length; i++) out[i] = isIn[column.values[i]] ?? missing;
  return out;
}

function polygonMask(polygon, store) {
  const x = store.column(polygon.x),
    y = store.column(polygon.y);
  return x && y ? inside(x.values, y.values, polygon.points) : null;
}

function rowsMask(ids, store) {
  const out = new Uint8Array(store.n);
  for (const id of ids) {
    const row = store.rowOf(id);
    if (row === undefined) return null;
    out[row] = 1;
  }
  return out;
}

function tagMask(tags, store) {
  const codes = tags.map((tag) => store.verdictNames.indexOf(tag) + 1);
  if (!tags.length || codes.includes(0) || !store.verdicts) return null;
  const out = new Uint8Array(store.n);
  for (let i = 0; i < store.n; i++) out[i] = codes.includes(store.verdicts[i]) ? 1 : 0;
  return out;
}

function inverted(mask) {
  return mask === null ? null : mask.map((value) => 1 - value);
}

function extent(values) {
  let low = Infinity,
    high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function distance(p, a, b) {
  const dx = b[0] - a[0],
    dy = b[1] - a[1],
    length = Math.hypot(dx, dy);
  if (!length) return Math.hypot(p[0] - a[0], p[1] - a[1]);
  return Math.abs(dy * (p[0] - a[0]) - dx * (p[1] - a[1])) / length;
}
