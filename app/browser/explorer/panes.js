// @ts-check
// The panes of Explore: their edges are dragged, or moved by the arrow keys; each browser keeps them by workspace.

import { h } from "../shared/dom.js";

const STEP_PX = 16;
/** What the map keeps, however wide the others are. */
const LEAST_STAGE_PX = 260;

/** An edge: the pane that it sizes, the style that has its width, on which side of the edge the pane lies.
 * @typedef {{name: string, of: string, style: string, side: 1 | -1, least: number, most: number, title: string}} Edge
 */
/** @type {Edge[]} */
export const EDGES = [
  {
    name: "filters",
    of: "hem-filters",
    style: "--filters",
    side: 1,
    least: 140,
    most: 480,
    title: "width of the filters",
  },
  {
    name: "gallery",
    of: "hem-side",
    style: "--gallery",
    side: -1,
    least: 150,
    most: 1800,
    title: "width of the gallery",
  },
  {
    name: "drawer",
    of: "hem-drawer",
    style: "--drawer",
    side: -1,
    least: 320,
    most: 1400,
    title: "width of the example",
  },
];

/** The width of a pane within what is allowed. @param {Edge} edge @param {number} px wanted
 *  @param {number} free how much wider the pane may become until the map is at its smallest
 *  @param {number} now how wide it is */
export function within(edge, px, free, now) {
  const most = Math.max(edge.least, Math.min(edge.most, now + free));
  return Math.round(Math.max(edge.least, Math.min(most, px)));
}

/** Put the edges into `root`, whose columns are the panes. Returns what ends it.
 *  @param {HTMLElement} root @param {import("../shared/client.js").Client} client @param {string} workspace */
export function makePanes(root, client, workspace) {
  const key = `hem-panes ${workspace}`,
    kept = read(client.preference(key));
  const edges = EDGES.map((edge) => separator(edge)),
    watcher = new ResizeObserver(place);
  for (const { edge } of edges) if (kept[edge.name]) root.style.setProperty(edge.style, `${kept[edge.name]}px`);
  root.append(...edges.map((one) => one.element));
  watcher.observe(root);
  const seen = new MutationObserver(place);
  seen.observe(root, { attributes: true, attributeFilter: ["class", "style"], childList: true });
  place();
  return () => {
    watcher.disconnect();
    seen.disconnect();
    edges.forEach((one) => one.element.remove());
  };

  function paneOf(edge) {
    return /** @type {HTMLElement | null} */ (root.querySelector(`:scope > .${edge.of}`));
  }

  /** Beside the gallery that the drawer has made narrow, the edge sizes that narrow one. */
  function styleOf(edge) {
    return edge.name === "gallery" && root.classList.contains("has-drawer") ? "--gallery-beside" : edge.style;
  }

  function place() {
    for (const { edge, element } of edges) {
      const pane = paneOf(edge),
        isThere = Boolean(pane?.offsetWidth);
      element.hidden = !isThere;
      if (!pane || !isThere) continue;
      const x = edge.side > 0 ? pane.offsetLeft + pane.offsetWidth : pane.offsetLeft,
        left = `${x - 4}px`,
        height = `${pane.offsetHeight}px`;
      if (element.style.left !== left) element.style.left = left;
      if (element.style.height !== height) element.style.height = height;
      element.setAttribute("aria-valuenow", String(pane.offsetWidth));
    }
  }

  function size(edge, px) {
    const pane = paneOf(edge),
      stage = /** @type {HTMLElement | null} */ (root.querySelector(":scope > .hem-stage"));
    if (!pane || !stage) return;
    const width = within(edge, px, stage.offsetWidth - LEAST_STAGE_PX, pane.offsetWidth);
    root.style.setProperty(styleOf(edge), `${width}px`);
    // Beside the drawer the gallery is narrow for a while: the width of its own stays.
    if (styleOf(edge) === edge.style) kept[edge.name] = width;
    client.prefer(key, JSON.stringify(kept));
    place();
  }

  /** As wide as the screen suggests. */
  function reset(edge) {
    root.style.removeProperty(edge.style);
    root.style.removeProperty(styleOf(edge));
    delete kept[edge.name];
    client.prefer(key, JSON.stringify(kept));
    place();
  }

  function separator(edge) {
    let from = /** @type {{x: number, width: number} | null} */ (null);
    const element = h("div", {
      class: "hem-edge",
      role: "separator",
      tabIndex: 0,
      "aria-orientation": "vertical",
      "aria-label": edge.title,
      "aria-valuemin": String(edge.least),
      "aria-valuemax": String(edge.most),
      "data-edge": edge.name,
      title: `${edge.title}: drag, or ← →; double-click for the usual width`,
      onpointerdown: (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        element.focus();
        element.setPointerCapture(event.pointerId);
        from = { x: event.clientX, width: paneOf(edge)?.offsetWidth ?? 0 };
      },
      onpointermove: (event) => from && size(edge, from.width + edge.side * (event.clientX - from.x)),
      onpointerup: () => (from = null),
      onpointercancel: () => (from = null),
      ondblclick: () => reset(edge),
      onkeydown: (event) => {
        const by = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
        const to = { Home: edge.least, End: edge.most }[event.key];
        if (event.key === "Enter") reset(edge);
        else if (by !== undefined) size(edge, (paneOf(edge)?.offsetWidth ?? 0) + edge.side * by);
        else if (to !== undefined) size(edge, to);
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    });
    return { edge, element };
  }
}

/** Widths by the name of the edge, out of what the browser kept. @param {string | null} text */
export function read(text) {
  try {
    const found = JSON.parse(text ?? "{}");
    const isWidth = ([name, px]) => EDGES.some((edge) => edge.name === name && px >= edge.least && px <= edge.most);
    return Object.fromEntries(Object.entries(found ?? {}).filter(isWidth));
  } catch {
    return {};
  }
}
