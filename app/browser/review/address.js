// @ts-check
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

const opened = new WeakMap();

/** The address of a client's page as Review reads and writes it; the same one whenever Review is opened again.
 *  @param {import("../shared/client.js").Client} client */
export function addressOf(client) {
  if (!opened.has(client)) opened.set(client, makeAddress(client.place));
  return opened.get(client);
}

/** @param {import("../shared/browser_shell.js").Place} place */
function makeAddress(place) {
  let last = null, // {example, rows, path} that this page showed last
    hasComeBack = false;
  place.onReturn(() => {
    hasComeBack = place.path() === last?.path;
  });

  return {
    path: place.path,
    names: (example) => names(place.query(), example),
    /** The example that Back or Forward has led to, once; null otherwise. Streamlit empties the address of a page that
     *  one comes back to, and so Python does not hear of it. rows: stands for the run and level on screen. */
    recalled(rows) {
      const found = hasComeBack && last.rows === rows ? last.example : null;
      hasComeBack = false;
      return found;
    },
    /** Put the example into the address; no entry of the history, so that Back leaves Review. */
    show(example, rows) {
      const query = withExample(place.query(), example);
      last = example && { example, rows, path: place.path() };
      if (query === place.query()) return;
      try {
        place.replace(query);
      } catch {
        // A browser allows so many changes in some seconds; the next example comes into the address again.
      }
    },
  };
}

/** What an example in the address belongs to: rows of another run or level are other rows. */
export function rowsOf(data) {
  return `${data.fingerprint} ${data.level}`;
}
