// One outbox a workspace and window: Explore and Review hand their posts to the same one, which outlives both.

import { openOutbox } from "./outbox.js";

const open = new Map(); // workspace -> {outbox, token, listeners}

/** Take part in the outbox of a workspace. token() gives the newest token, changed() hears of every step until
 *  `leave`. The outbox itself stays and sends on: a page that is left has posts that are still on their way.
 *  Returns {outbox, leave}. */
export function shareOutbox({ workspace, token, changed, start = openOutbox }) {
  if (!open.has(workspace)) open.set(workspace, begun(workspace, token, start));
  const one = open.get(workspace);
  one.token = token;
  one.listeners.add(changed);
  return { outbox: one.outbox, leave: () => one.listeners.delete(changed) };
}

function begun(workspace, token, start) {
  const one = { outbox: null, token, listeners: new Set() };
  one.outbox = start({
    workspace,
    token: () => one.token(),
    changed: () => one.outbox && one.listeners.forEach((listener) => listener()),
  });
  return one;
}
