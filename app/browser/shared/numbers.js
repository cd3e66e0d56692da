// @ts-check
// Bins, ticks, orders and number texts: arrays in, arrays out.

/** The `error` from which a prediction counts as wrong, as in hem_core/thresholds.py. */
export const WRONG = 0.5;

/** Edges of equal bins over [low, high] as {low, high, width, count}; a single value gets a bin around it. */
export function bins(low, high, wanted) {
  if (!(high > low)) return { low: low - 0.5, high: low + 0.5, width: 1, count: 1 };
  const width = niceStep((high - low) / wanted);
  const first = Math.floor(low / width) * width,
    count = Math.max(1, Math.ceil((high - first) / width - 1e-9));
  return { low: first, high: first + count * width, width, count };
}

/** How many values fall in each bin: Uint32Array(count); mask (0/1) leaves values out, NaN is never counted. */
export function histogram(values, { low, width, count }, mask) {
  const out = new Uint32Array(count);
  for (let i = 0; i < values.length; i++) {
    if (mask && !mask[i]) continue;
    const bin = Math.floor((values[i] - low) / width);
    if (bin >= 0 && bin < count) out[bin]++;
    else if (bin === count) out[count - 1]++;
  }
  return out;
}

/** A step of 1, 2, 2.5 or 5 times a power of ten, no smaller than `rough`. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= rough * 0.999) return factor * power;
  return 10 * power;
}

export function ticks(low, high, wanted) {
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / wanted),
    out = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at++) out.push(at * step);
  return out;
}

/** Rows sorted by value, descending or not; NaN last, equal values by row. */
export function order(values, descending) {
  const rows = new Uint32Array(values.length);
  let filled = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) rows[filled++] = i;
  const sign = descending ? -1 : 1;
  rows.subarray(0, filled).sort((a, b) => sign * (values[a] - values[b]) || a - b);
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) rows[filled++] = i;
  return rows;
}

/** The smallest and largest finite value; [0, 1] where there is none. @returns {[number, number]} */
export function extent(values, mask) {
  let low = Infinity,
    high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (mask && !mask[i]) continue;
    const value = values[i];
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

/** A number for people: 12,345 · 97.4 · 0.031 · 1.2e-6; three or four digits that matter. */
export function short(value) {
  if (value == null || value !== value) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(1);
  if (Number.isInteger(value) || size >= 1000) return Math.round(value).toLocaleString("en-US");
  const digits = size >= 100 ? 1 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
  return String(Number(value.toFixed(digits)));
}

export function whole(value) {
  return value.toLocaleString("en-US");
}

export function plural(value, noun) {
  return `${whole(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A column's title with its unit, unless the title names it already. */
export function titled(title, unit) {
  return unit && !title.includes(unit) ? `${title} (${unit})` : title;
}
