// @ts-check
// A page in one file: unpack its data, and draw the explorer over them.

import explorer from "../explorer/explorer.js";
import { browserShell } from "../shared/browser_shell.js";
import { openClient } from "../shared/client.js";
import { brought } from "../shared/plotly_script.js";
import { answersOf } from "./answers.js";
import { unpacked, words } from "./packed.js";

/** Draw the page. */
export async function start() {
  const host = /** @type {HTMLElement} */ (document.querySelector(".hem-host")),
    files = await unpacked(textOf("hem-files"));
  brought(async () => words((await unpacked(textOf("hem-plotly"))).get("plotly")));
  const dark = matchMedia("(prefers-color-scheme: dark)"),
    client = openClient({ ...browserShell(), kept: null, fetch: answersOf(files), place: nowhere() });
  let data = { ...JSON.parse(words(files.get("data"))), filter: null, selection: null, view: {}, sequence: 0 };
  dark.addEventListener("change", draw);
  host.replaceChildren();
  draw();

  function draw() {
    host.classList.toggle("is-dark", dark.matches);
    explorer({ parentElement: host, data, client, setStateValue });
  }

  function setStateValue(_, { filter, selection, view, sequence }) {
    data = { ...data, filter, selection, view, sequence };
    draw();
  }
}

/** Nothing of the page is kept in its address. @returns {import("../shared/browser_shell.js").Place} */
function nowhere() {
  return { path: () => "", query: () => "", replace: () => {}, onReturn: () => {} };
}

function textOf(id) {
  return document.getElementById(id)?.textContent ?? "";
}
