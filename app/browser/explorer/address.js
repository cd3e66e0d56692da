// @ts-check
// What the page itself writes into the address, without Python and without entries in the history: the example in the
// drawer, the page of the gallery, the zoom of the map.

/** The parts of an address that belong to the page; null or "" for what is as usual.
 * @typedef {{example?: string | null, page?: string | null, zoom?: string | null}} Here
 */
const NAMES = /** @type {const} */ (["example", "page", "zoom"]);

/** A query string with these parts changed, everything else as it was. @param {string} search @param {Here} change */
export function withHere(search, change) {
  const query = new URLSearchParams(search);
  for (const name of NAMES) {
    if (!(name in change)) continue;
    if (change[name]) query.set(name, /** @type {string} */ (change[name]));
    else query.delete(name);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The parts that a query string has. @param {string} search @returns {Here} */
function hereIn(search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(NAMES.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
}

/** The address of one mounted page. read() gives the parts at the mount; write(change) changes some; again() repeats
 *  them, where Streamlit has written the address without.
 *  @param {import("../shared/browser_shell.js").Place} place */
export function makeAddress(place) {
  const home = place.path(),
    here = hereIn(place.query());

  return {
    read: () => ({ ...here }),
    write(/** @type {Here} */ change) {
      Object.assign(here, change);
      put();
    },
    again: put,
  };

  function put() {
    // While Streamlit goes to another page, this one is still here for a moment.
    if (place.path() !== home) return;
    const query = withHere(place.query(), here);
    if (query === place.query()) return;
    try {
      place.replace(query);
    } catch {
      // A browser allows so many changes in some seconds; the next one carries this one too.
    }
  }
}
