// The example in the page's address: reload, back and a copied link open the same one.

/** A query string with the example in it, everything else as it was. id null: by row, for an id may name a class. */
export function withExample(search, example) {
  const query = new URLSearchParams(search);
  query.delete("example");
  query.delete("row");
  if (example?.id != null) query.set("example", example.id);
  else if (example) query.set("row", example.row);
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Does a query string name this example? example: {id, row}. */
export function names(search, example) {
  const query = new URLSearchParams(search);
  if (query.has("example")) return query.get("example") === example.id;
  return query.get("row") === String(example.row);
}

/** Puts the example into the address; no entry of the history, so that Back leaves Review. */
export function show(example) {
  const search = withExample(location.search, example);
  if (search === location.search) return;
  try {
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  } catch {
    // A browser allows so many changes in some seconds; the next example comes into the address again.
  }
}
