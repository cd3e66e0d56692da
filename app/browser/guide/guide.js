// @ts-check
// Help on every page: the sheet of keys, the documentation, the hints of the first visit.

import { h, menu } from "../shared/dom.js";
import { browserShell } from "../shared/browser_shell.js";
import { takesText } from "../review/key_requests.js";
import { tell, toggleSheet } from "./sheet.js";
import { again, drawHint } from "./tour.js";

let place = null; // one guide a page: two would both hear the key

/** Called by Streamlit at mount and with every new `data`: {page, verdicts, docs, version}. */
export default function guide({ data, parentElement }) {
  const host = parentElement.querySelector(".hem-guide"),
    { kept } = browserShell();
  tell({ ...data, home: host });
  if (place !== host) {
    place = host;
    window.removeEventListener("keydown", onKey);
    window.addEventListener("keydown", onKey);
  }
  const text = JSON.stringify(data);
  if (host.dataset.key === text) return;
  host.dataset.key = text;
  const spot = h("div", { class: "hem-hint", role: "note", "aria-label": "hint" });
  host.replaceChildren(
    menu("Help", "Help", [
      ["Keys (?)", () => toggleSheet()],
      ["Documentation", () => window.open(data.docs, "_blank", "noopener")],
      ["Show the hints again", startAgain],
      [`HEM ${data.version}`, () => window.open(data.docs, "_blank", "noopener")],
    ]),
    spot,
  );
  drawHint(spot, data.page, kept);

  function startAgain() {
    if (kept) again(kept);
    drawHint(spot, data.page, kept);
  }
}

function onKey(event) {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!place?.isConnected || takesText(event.composedPath()[0])) return;
  // A part of the page that has the key for itself comes first, whoever listened first.
  setTimeout(() => event.defaultPrevented || toggleSheet());
}
