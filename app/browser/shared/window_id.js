// Which window this is: undo takes back what was done here, not in another tab.

const KEY = "hem-window";
const TRIES = 3;
const BETWEEN_MS = 80;
let known; // of this page: asked again, it would find its own lock taken

/** The id of this window, the same for every part of the page. */
export function windowId() {
  known ??= freshId();
  return known;
}

/** An id that a reload keeps and no other open window has; it is sent with every post.
 *
 *  A tab that is duplicated copies its session storage, so the id is held by a lock: who finds it taken makes another.
 *  storage, locks, random: the browser's; a test brings its own. */
export async function freshId(storage = safeStorage(), locks = navigator.locks, random = randomId) {
  const kept = storage?.getItem(KEY);
  const id = kept && (await isOurs(locks, kept)) ? kept : random();
  if (id !== kept) {
    await hold(locks, id);
    storage?.setItem(KEY, id);
  }
  return id;
}

// A page that is reloaded may still hold its lock for a moment.
async function isOurs(locks, id) {
  for (let k = 0; k < TRIES; k++) {
    if (await hold(locks, id)) return true;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  return false;
}

// True when the lock is ours; it is held until the window closes. Without locks everybody believes what is stored.
function hold(locks, id) {
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks
      .request(`${KEY} ${id}`, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined;
      })
      .catch(() => resolve(true));
  });
}

function safeStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return null; // blocked by the reader's settings
  }
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
