// @ts-check
// The browser's window as a client needs it: the one module that touches the address, the storage and the network.

/**
 * Where a client lives. A notebook, or a test, brings its own.
 * @typedef {object} Shell
 * @property {(path: string, options?: RequestInit) => Promise<Response>} fetch sends a request to HEM's server
 * @property {Pick<Storage, "getItem" | "setItem" | "removeItem"> | null} kept outlives the window; its keys are
 *   enumerable; null where the browser forbids it
 * @property {Pick<Storage, "getItem" | "setItem"> | null} session lives as long as the window, over reloads
 * @property {Pick<LockManager, "request"> | undefined} locks shared by all windows
 * @property {Place} place
 *
 * The address that the reader sees and can copy.
 * @typedef {object} Place
 * @property {() => string} path
 * @property {() => string} query with its "?"; "" when there is none
 * @property {(query: string) => void} replace changes the query, without an entry in the history
 * @property {(listener: () => void) => void} onReturn Back or Forward has led here
 */

/** The shell of an ordinary page. @returns {Shell} */
export function browserShell() {
  return {
    fetch: (path, options) => fetch(basePath(import.meta.url) + path, options),
    kept: allowed(() => window.localStorage),
    session: allowed(() => window.sessionStorage),
    locks: navigator.locks,
    place: {
      path: () => window.location.pathname,
      query: () => window.location.search,
      replace(query) {
        const { pathname, hash } = window.location;
        window.history.replaceState(window.history.state, "", `${pathname}${query}${hash}`);
      },
      onReturn: (listener) => window.addEventListener("popstate", listener, { capture: true }),
    },
  };
}

/** The path under which a proxy shows the app, "" for none: what stands before HEM's own in this module's address.
 *  @param {string} address */
export function basePath(address) {
  return address.match(/^https?:\/\/[^/]+(.*)\/hem\/static\/[^/]+\/shared\/[^/]+$/)?.[1] ?? "";
}

/** @template T @param {() => T} storage */
function allowed(storage) {
  try {
    return storage();
  } catch {
    return null; // blocked by the reader's settings
  }
}
