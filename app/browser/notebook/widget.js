// @ts-check
// The explorer as a widget of a notebook. What is filtered, selected and opened is kept in the widget's model, which
// Python reads and sets; everything else is asked of the kernel by messages.

import explorer from "../explorer/explorer.js";
import { browserShell } from "../shared/browser_shell.js";
import { openClient } from "../shared/client.js";
import { h } from "../shared/dom.js";
import { brought } from "../shared/plotly_script.js";
import { kernelFetch } from "./kernel.js";

const RULES = ["filter", "selection"];
const SLOW =
  "Waiting for the kernel, which is running another cell or has stopped. If it has stopped, run this cell again.";

/** Draw the widget into an element. Returns its end.
 *  @param {{model: any, el: HTMLElement}} _ */
export function render({ model, el }) {
  const host = h("div", { class: "hem-host", "data-lm-suppress-shortcuts": "true" }),
    note = h("div", { class: "hem-host-note", role: "status", hidden: true }, SLOW);
  el.append(h("div", { class: "hem-notebook" }, host, note));
  const kernel = kernelFetch(model, (isSlow) => {
    note.hidden = !isSlow;
  });
  const client = openClient({ ...browserShell(), fetch: kernel.request, place: placeOf(model) });
  let data = { ...model.get("data"), ...rules(), view: model.get("view"), sequence: 0, token: "" },
    leave = () => {};
  const isDark = look(host);
  const watch = new MutationObserver(() => look(host) && draw()); // the reader may change the theme
  for (const of of [document.documentElement, document.body]) watch.observe(of, { attributes: true });
  for (const name of RULES) model.on(`change:${name}`, follow);
  for (const name of ["keydown", "keyup"]) host.addEventListener(name, keep);
  host.dataset.dark = String(isDark);
  brought(() => kernel.request("/hem/static/plotly.min.js").then((response) => response.text()));
  draw();
  return () => {
    for (const name of RULES) model.off(`change:${name}`, follow);
    watch.disconnect();
    kernel.end();
    el.replaceChildren();
    leave();
  };

  function draw() {
    leave = explorer({ parentElement: host, data, client, setStateValue });
  }

  function rules() {
    return Object.fromEntries(RULES.map((name) => [name, model.get(name)]));
  }

  /** The page has moved on: the model keeps it, so that Python sees it; that is all the page waits for. */
  function setStateValue(_, { filter, selection, view, sequence }) {
    data = { ...data, filter, selection, view, sequence };
    model.set("filter", filter);
    model.set("selection", selection);
    model.set("view", view);
    model.save_changes();
    draw();
  }

  /** Python, or another view of this widget, has set a rule. */
  function follow() {
    if (JSON.stringify(rules()) === JSON.stringify({ filter: data.filter, selection: data.selection })) return;
    data = { ...data, ...rules() };
    draw();
  }
}

/** A notebook has shortcuts of its own for letters and digits, which are not for what is typed here. */
function keep(event) {
  if (event.key !== "Escape" && !event.ctrlKey && !event.metaKey) event.stopPropagation();
}

/** Take the notebook's colours: light or dark, as its page is. Returns whether they are dark. */
function look(host) {
  const [red, green, blue] = backgroundOf(host),
    isDark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 100;
  host.classList.toggle("is-dark", isDark);
  return isDark;
}

/** The colour behind an element, [r, g, b]. */
function backgroundOf(element) {
  for (let one = element.parentElement; one; one = one.parentElement ?? one.getRootNode().host) {
    const [red, green, blue, alpha] = painted(getComputedStyle(one).backgroundColor);
    if (alpha > 127) return [red, green, blue];
  }
  return [255, 255, 255];
}

/** A colour of CSS as [r, g, b, alpha], 0 to 255: notebooks write theirs as rgb(), oklch() and in other ways. */
function painted(colour) {
  const context = h("canvas", { width: 1, height: 1 }).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

/** A cell has no address of its own; which row is open is kept in the model.
 *  @returns {import("../shared/browser_shell.js").Place} */
function placeOf(model) {
  const opened = model.get("opened");
  let query = opened ? `?example=${encodeURIComponent(opened)}` : "";
  return {
    path: () => "",
    query: () => query,
    replace(next) {
      query = next;
      model.set("opened", new URLSearchParams(next).get("example") ?? "");
      model.save_changes();
    },
    onReturn: () => {},
  };
}
