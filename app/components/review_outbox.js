// Verdicts on their way to the server: in order, one at a time, kept in the browser until acknowledged.

const KEY = "hem-outbox-";
const PAUSES_MS = [200, 500, 1000, 2000, 5000];

/** The outbox of one page. entries: {client, sequence, path, body}; `path` is /hem/tags or /hem/undo.
 *
 *  token() gives the newest token, changed() hears of every step. A post that arrives twice is stored once
 *  (client, sequence), so whatever a closed page left in localStorage is simply sent again. */
export function openOutbox({ token, changed }) {
  const client = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const waiting = leftBehind(), refused = [], answers = new Map();
  let sequence = 0, isSending = false, failures = 0, timer = 0, isClosed = false;

  const outbox = {
    client, refused,
    count: () => waiting.length,
    isStuck: () => failures > 2,
    /** Queue a post and start sending; returns its sequence. */
    post(path, body) {
      sequence += 1;
      waiting.push({ client, sequence, path, body: { ...body, client, sequence } });
      keep();
      send();
      return sequence;
    },
    /** Resolves to the server's answer for a sequence (at once when it is already here). */
    answer(number) {
      const known = answers.get(number);
      if (known?.value !== undefined) return Promise.resolve(known.value);
      return new Promise((resolve) => answers.set(number, { resolve }));
    },
    send,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
  if (waiting.length) send();
  return outbox;

  async function send() {
    clearTimeout(timer);
    if (isSending || isClosed) return;
    isSending = true;
    while (waiting.length && !isClosed) {
      const entry = waiting[0];
      const outcome = await attempt(entry);
      if (outcome === "later") {
        failures += 1;
        timer = setTimeout(send, PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1]);
        break;
      }
      failures = 0;
      waiting.shift();
      keep(entry.client);
      changed();
    }
    isSending = false;
    changed();
  }

  async function attempt(entry) {
    try {
      const body = { ...entry.body };
      if (typeof body.batch === "number") body.batch = (await outbox.answer(body.batch))?.batch;
      if (typeof entry.body.batch === "number" && !body.batch) {
        settle(entry, null); // what it would undo was not taken
        return "done";
      }
      const response = await fetch(entry.path, {
        method: "POST", keepalive: true, body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-HEM-Token": token() },
      });
      if (response.status === 403 || response.status >= 500) return "later"; // the server was started anew, or is busy
      const answer = await response.json();
      if (!response.ok) {
        refused.push({ entry, reason: answer.error ?? `the server answered ${response.status}` });
        settle(entry, null);
        return "refused";
      }
      settle(entry, answer);
      return "done";
    } catch {
      return "later";
    }
  }

  function settle(entry, value) {
    if (entry.client !== client) return;
    answers.get(entry.sequence)?.resolve?.(value);
    answers.set(entry.sequence, { value });
  }

  function keep(owner = client) {
    const own = waiting.filter((entry) => entry.client === owner);
    try {
      if (own.length) localStorage.setItem(KEY + owner, JSON.stringify(own));
      else localStorage.removeItem(KEY + owner);
    } catch { /* a full or forbidden localStorage: the page itself still holds them */ }
    changed();
  }

  function leftBehind() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(KEY)) found.push(...JSON.parse(localStorage.getItem(key)));
      }
    } catch { /* nothing readable was left */ }
    return found.filter((entry) => typeof entry?.path === "string" && typeof entry.body?.batch !== "number");
  }
}
