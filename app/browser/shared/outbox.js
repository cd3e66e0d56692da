// @ts-check
// Tags on their way to the server: in order, one at a time, kept in the browser until they are stored.

const KEY = "hem-outbox:";
const PAUSES_MS = [200, 500, 1000, 2000, 5000, 15000];
const MOST_FAULTS = 4; // a post that the server trips over so often is set aside

/** The outbox of one window and workspace. Entries: {client, sequence, at, path, body, reason?}, each under a key of
 *  its own in `storage`: "hem-outbox:WORKSPACE:CLIENT:SEQUENCE". A body says what it is about (workspace, data, ids),
 *  so that the server can refuse what is not its own; a post that arrives twice is stored once (client, sequence).
 *
 *  post(path, text) gives the server's response; changed() hears of every step. What may pass (no answer, 401, 403,
 *  408, 429, 5xx) is tried again; what is refused for good stays in `refused`, with its reason, until `retry` or
 *  `discard`.
 *  @param {{workspace: string, changed: () => void, storage: import("./browser_shell.js").Shell["kept"],
 *    post: (path: string, text: string) => Promise<Pick<Response, "ok" | "status" | "json">>}} _ */
export function openOutbox({ workspace, changed, storage, post }) {
  const client = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  const found = leftBehind(),
    answers = new Map(),
    unkept = new Set();
  const waiting = found.filter((entry) => !entry.reason),
    refused = found.filter((entry) => entry.reason);
  let sequence = 0,
    isSending = false,
    failures = 0,
    faults = 0,
    trouble = "",
    timer = 0,
    isClosed = false;

  const outbox = {
    client,
    workspace,
    refused,
    count: () => waiting.length,
    /** Entries of other workspaces that this browser keeps: they wait until theirs is open at this address again. */
    elsewhere: () => keys().filter((key) => !key.startsWith(prefix())).length,
    isStuck: () => failures > 2,
    /** Entries that this browser could not keep: they are lost when the window is closed. */
    unkept: () => unkept.size,
    /** Why the oldest is not stored yet, in the server's words; "" when nothing is known. */
    trouble: () => trouble,
    /** Queue a post and start sending; returns its sequence. */
    post(path, body) {
      sequence += 1;
      const entry = { client, sequence, at: Date.now(), path, body: { ...body, client, sequence } };
      waiting.push(entry);
      keep(entry);
      changed();
      send();
      return sequence;
    },
    /** Resolves to the server's answer for a sequence (at once when it is already here); null when it was refused. */
    answer(number) {
      const known = answers.get(number);
      if (known?.value !== undefined) return Promise.resolve(known.value);
      return new Promise((resolve) => answers.set(number, { resolve }));
    },
    /** Try what was refused again, all of it or one entry. */
    retry(entries = [...refused]) {
      for (const entry of [entries].flat().filter((one) => refused.includes(one))) {
        refused.splice(refused.indexOf(entry), 1);
        delete entry.reason;
        if (entry.client === client) answers.delete(entry.sequence);
        waiting.push(entry);
        keep(entry);
      }
      changed();
      send();
    },
    /** Forget what was refused, all of it or one entry. */
    discard(entries = [...refused]) {
      for (const entry of [entries].flat().filter((one) => refused.includes(one))) {
        refused.splice(refused.indexOf(entry), 1);
        forget(entry);
      }
      changed();
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
      const entry = waiting[0],
        outcome = await attempt(entry);
      if (outcome.later && !(outcome.isFault && ++faults >= MOST_FAULTS)) {
        failures += 1;
        trouble = outcome.later;
        timer = setTimeout(send, PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1]);
        break;
      }
      failures = faults = 0;
      trouble = "";
      waiting.splice(waiting.indexOf(entry), 1);
      if (outcome.done) forget(entry);
      else setAside(entry, outcome.refused ?? outcome.later);
      changed();
    }
    isSending = false;
    changed();
  }

  /** What became of one entry: {done}, {refused: reason} or {later: reason, isFault}. */
  async function attempt(entry) {
    if (entry.path === "/hem/undo" && typeof entry.body.batch === "number") {
      // What is to be undone was refused: neither is stored.
      const undone = refused.find((one) => one.client === entry.client && one.sequence === entry.body.batch);
      if (undone) {
        outbox.discard(undone);
        settle(entry, null);
        return { done: true };
      }
    }
    let response, answer;
    try {
      response = await post(entry.path, JSON.stringify(entry.body));
      answer = await response.json();
    } catch {
      if (!response || response.ok) return { later: "the server does not answer" };
    }
    const reason = answer?.error ?? `the server answered ${response.status}`;
    if (response.ok) {
      settle(entry, answer);
      return { done: true };
    }
    if ([401, 403, 408, 429].includes(response.status)) return { later: reason };
    if (response.status >= 500) return { later: reason, isFault: ![502, 503, 504].includes(response.status) };
    return { refused: reason };
  }

  function setAside(entry, reason) {
    entry.reason = reason;
    refused.push(entry);
    keep(entry);
    settle(entry, null);
  }

  function settle(entry, value) {
    if (entry.client !== client) return;
    answers.get(entry.sequence)?.resolve?.(value);
    answers.set(entry.sequence, { value });
  }

  // --- what the browser keeps -------------------------------------------------------------------------------

  function prefix() {
    return `${KEY}${workspace}:`;
  }

  function keyOf(entry) {
    return `${prefix()}${entry.client}:${entry.sequence}`;
  }

  function keep(entry) {
    try {
      storage.setItem(keyOf(entry), JSON.stringify(entry));
      unkept.delete(entry);
    } catch {
      unkept.add(entry); // a full or forbidden localStorage: the window itself still holds it
    }
  }

  function forget(entry) {
    unkept.delete(entry);
    try {
      storage?.removeItem(keyOf(entry));
    } catch {
      /* as above */
    }
  }

  function keys() {
    try {
      return storage ? Object.keys(storage).filter((key) => key.startsWith(KEY)) : [];
    } catch {
      return [];
    }
  }

  function leftBehind() {
    const entries = keys()
      .filter((key) => key.startsWith(prefix()))
      .map((key) => {
        try {
          return JSON.parse(storage.getItem(key));
        } catch {
          return null; // not written by this page
        }
      });
    const ours = entries.filter((entry) => typeof entry?.path === "string" && entry.body);
    return ours.sort((one, other) => one.at - other.at || one.sequence - other.sequence);
  }
}
