// @ts-check
// Finding one class among three or among a thousand: by typing, or by a key of its own.

/** The names that contain what was typed, the best first: the name itself, names that begin so, names with a word
 *  that begins so, the others; each group in the order of `names`. Case and accents do not matter. */
export function matching(names, typed) {
  const wanted = plain(typed.trim());
  if (!wanted) return [...names];
  const groups = [[], [], [], []];
  for (const name of names) {
    const text = plain(name),
      at = text.indexOf(wanted);
    if (at < 0) continue;
    const isWord = text.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(wanted));
    groups[text === wanted ? 0 : at === 0 ? 1 : isWord ? 2 : 3].push(name);
  }
  return groups.flat();
}

/** Key -> name. Classes that are named by one digit answer to it, all others to their place in `order`; where a name
 *  begins with a digit, digits are typed to search, and no name has a key. */
export function shortcuts(order, classes) {
  if (classes.every((name) => /^[0-9]$/.test(name))) return new Map(order.map((name) => [name, name]));
  if (classes.some((name) => /^[0-9]/.test(name))) return new Map();
  return new Map(order.slice(0, 9).map((name, k) => [String(k + 1), name]));
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
