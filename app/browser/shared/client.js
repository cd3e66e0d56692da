// @ts-check
// What a page asks of HEM's server and of the window around it. There is one client a page; Explore and Review are
// handed the same one, and another shell (a notebook) hands them its own.

import { browserShell } from "./browser_shell.js";
import { openOutbox } from "./outbox.js";
import { openRun } from "./run_client.js";
import { freshId } from "./window_id.js";

const KEEPALIVE_BYTES = 60000; // browsers refuse larger ones

/** @typedef {ReturnType<typeof openClient>} Client */

/** @type {Client | null} */
let page = null;

/** The client of this page, the same for all that is drawn in it. */
export function pageClient() {
  page ??= openClient();
  return page;
}

/** Open a client. shell: the window around it, the browser's unless a notebook or a test brings another. */
export function openClient(shell = browserShell()) {
  let token = "",
    person = "",
    windowName = "",
    here = null;
  const outboxes = new Map(); // workspace -> {outbox, listeners}

  const client = {
    place: shell.place,
    /** Take over what Python sent last: the newest token, and who is at work. */
    renew(fresh) {
      ({ token, person } = fresh);
    },
    person: () => person,
    /** The id of this window, the same for every part of the page. */
    windowId() {
      here ??= freshId(shell.session, shell.locks).then((id) => {
        windowName = id;
        return id;
      });
      return here;
    },
    /** The same once it is known, "" before. */
    windowName: () => windowName,
    /** What the reader chose in this browser, null when nothing. */
    preference: (name) => shell.kept?.getItem(name) ?? null,
    prefer: (name, value) => shell.kept?.setItem(name, value),
    outbox,
    request,
    /** What is fetched and posted of one run; see run_client.js. */
    run: (about) => openRun(client, about),
  };
  return client;

  /** Ask the server; an answer that is not a success is raised with the server's words and its `status`. */
  async function request(path, options = {}) {
    const response = await shell.fetch(path, { ...options, headers: { ...options.headers, "X-HEM-Token": token } });
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    const error = new Error(answer.error ?? `the server answered ${response.status}`);
    throw Object.assign(error, { status: response.status });
  }

  /** Take part in the outbox of a workspace: changed() hears of every step until `leave`. There is one outbox a window
   *  and workspace, and it outlives the pages, which may be left with posts still on their way. */
  function outbox(workspace, changed) {
    if (!outboxes.has(workspace)) outboxes.set(workspace, begun(workspace));
    const one = outboxes.get(workspace);
    one.listeners.add(changed);
    return { outbox: one.outbox, leave: () => one.listeners.delete(changed) };
  }

  function begun(workspace) {
    const one = { outbox: null, listeners: new Set() };
    const changed = () => one.outbox && one.listeners.forEach((listener) => listener());
    one.outbox = openOutbox({ workspace, changed, storage: shell.kept, post });
    return one;
  }

  function post(path, body) {
    const headers = { "Content-Type": "application/json", "X-HEM-Token": token };
    return shell.fetch(path, { method: "POST", keepalive: body.length < KEEPALIVE_BYTES, body, headers });
  }
}
