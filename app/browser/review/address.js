// The example in the page's address: reload, back and a copied link open the same one.
// Blind it goes by its place, a number that says nothing: an id may name a class, a row of sorted data gives it away.

/** A query string with the example in it, everything else as it was. id null: by its place. */
export function withExample(search, example) {
  const query = new URLSearchParams(search);
  query.delete("example");
  query.delete("place");
  if (example?.id != null) query.set("example", example.id);
  else if (example) query.set("place", example.place);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Does a query string name this example? example: {id, place}. */
export function names(search, example) {
  const query = new URLSearchParams(search);
  if (query.has("example")) return query.get("example") === example.id;
  return query.get("place") === String(example.place);
}

let last = null, // {example, fingerprint, path} that this page showed last
  hasComeBack = false;
globalThis.addEventListener?.(
  "popstate",
  () => {
    hasComeBack = location.pathname === last?.path;
  },
  { capture: true },
);

/** The example that Back or Forward has led to, once; null otherwise. Streamlit empties the address of a page that one
 *  comes back to, and so Python does not hear of it. fingerprint: of the run and level on screen. */
export function recalled(fingerprint) {
  const found = hasComeBack && last.fingerprint === fingerprint ? last.example : null;
  hasComeBack = false;
  return found;
}

/** Puts the example into the address; no entry of the history, so that Back leaves Review. */
export function show(example, fingerprint) {
  const search = withExample(location.search, example);
  last = example && { example, fingerprint, path: location.pathname };
  if (search === location.search) return;
  try {
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  } catch {
    // A browser allows so many changes in some seconds; the next example comes into the address again.
  }
}
