// Which browser window this is: the same after a reload, another one in a duplicated tab.

const KEY = "hem-window";
let known = "";

/** An id of this window, sent with every action so that undo takes back this window's own. */
export function windowId() {
  if (!known) {
    known = stored() || keep(random());
    claim();
  }
  return known;
}

function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return ""; // storage is forbidden: the id then lasts as long as the page
  }
}

function keep(id) {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // the page itself still holds it
  }
  return id;
}

/** A duplicated tab begins with a copy of sessionStorage: the tab that had the id first keeps it. */
function claim() {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(KEY),
    me = random();
  channel.onmessage = ({ data }) => {
    if (data.id !== known || data.from === me) return;
    if (data.to === me) known = keep(random());
    else if (!data.to) channel.postMessage({ id: known, from: me, to: data.from });
  };
  channel.unref?.(); // node alone would wait for it
  channel.postMessage({ id: known, from: me });
}
