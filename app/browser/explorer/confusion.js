// @ts-check
// Confusions as numbers: what was given against what was predicted, the orders of the classes, the worst pairs.

const MOST_DENSE = 2048; // above that many classes a full table would not fit in memory

/** Counts of given × predicted among the rows of a mask; rows without a label are left out. hasNone: they are not, the
 *  last class stands for them. Returns {size, at(given, predicted), support (K), predicted (K), right (K),
 *  cells: [[given, predicted, count]…]}. */
export function confusions(given, predicted, mask, classes, hasNone = false) {
  const size = classes.length,
    position = new Map(classes.map((name, k) => [name, k]));
  const otherwise = hasNone ? size - 1 : -1;
  const place = (column) => column.names.map((name) => position.get(name) ?? otherwise);
  const givenAt = place(given),
    predictedAt = place(predicted);
  const dense = size <= MOST_DENSE ? new Uint32Array(size * size) : null,
    sparse = dense ? null : new Map();
  const support = new Uint32Array(size),
    total = new Uint32Array(size),
    right = new Uint32Array(size);
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const a = givenAt[given.values[i]] ?? otherwise,
      b = predictedAt[predicted.values[i]] ?? otherwise;
    if (a < 0 || b < 0) continue;
    support[a]++;
    total[b]++;
    if (a === b) right[a]++;
    if (dense) dense[a * size + b]++;
    else sparse.set(a * size + b, (sparse.get(a * size + b) ?? 0) + 1);
  }
  const cells = [],
    keep = (count, key) => count && cells.push([Math.floor(key / size), key % size, count]);
  if (dense) dense.forEach(keep);
  else sparse.forEach(keep);
  const at = dense ? (a, b) => dense[a * size + b] : (a, b) => sparse.get(a * size + b) ?? 0;
  return { size, at, support, predicted: total, right, cells };
}

/** The confused pairs, the most frequent first: [[given, predicted, count]…]. */
export function worst({ cells }, most) {
  return cells
    .filter(([a, b]) => a !== b)
    .sort((p, q) => q[2] - p[2] || p[0] - q[0] || p[1] - q[1])
    .slice(0, most);
}

/** The classes in an order: 'class' (as they come), 'support', 'error', 'name' or 'block' (confused side by side). */
export function ordered(found, classes, order) {
  const { size, support, right } = found,
    all = Array.from({ length: size }, (_, k) => k);
  if (order === "name") return all.sort((a, b) => classes[a].localeCompare(classes[b], "en", { numeric: true }));
  if (order === "block") return blocks(found);
  const key = { support: (k) => support[k], error: (k) => (support[k] ? 1 - right[k] / support[k] : -1) }[order];
  return key ? all.sort((a, b) => key(b) - key(a) || a - b) : all;
}

// Chains: the strongest confusions become neighbours first, each class has two at most; long chains stand first.
function blocks({ size, cells }) {
  const weight = new Map();
  for (const [a, b, count] of cells) {
    if (a === b) continue;
    const key = Math.min(a, b) * size + Math.max(a, b);
    weight.set(key, (weight.get(key) ?? 0) + count);
  }
  const pairs = [...weight].sort((p, q) => q[1] - p[1] || p[0] - q[0]);
  const chains = Array.from({ length: size }, (_, k) => [k]);
  for (const [key] of pairs) {
    const a = Math.floor(key / size),
      b = key % size,
      [one, other] = [chains[a], chains[b]];
    if (one === other || !isEnd(one, a) || !isEnd(other, b)) continue;
    if (one.at(-1) !== a) one.reverse();
    if (other[0] !== b) other.reverse();
    for (const k of other) {
      one.push(k);
      chains[k] = one;
    }
  }
  return [...new Set(chains)].sort((p, q) => q.length - p.length || Math.min(...p) - Math.min(...q)).flat();
}

function isEnd(chain, k) {
  return chain[0] === k || chain.at(-1) === k;
}
