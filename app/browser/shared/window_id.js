// @ts-check
// Which window this is: undo takes back what was done here, not in another tab.

const KEY = "hem-window";
const TRIES = 3;
const BETWEEN_MS = 80;

/** An id that a reload keeps and no other open window has; it is sent with every post.
 *
 *  A tab that is duplicated copies its session storage, so the id is held by a lock: who finds it taken makes another.
 *  storage, locks: the window's. Call it once a page: called again, it would find its own lock taken. */
export async function freshId(storage, locks, random = randomId) {
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

/** 24 letters and digits by chance. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
