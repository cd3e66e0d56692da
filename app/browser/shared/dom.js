// @ts-check
// Elements without HTML strings: text of the user's data only ever goes in as text.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  lasso: "M4 9c0-3 3-5 8-5s8 2 8 5-3 5-8 5c-1 0-2 0-3-.3M7 13a2 2 0 1 1-1 3.7c0 2-1 3-2 3.3",
  box: "M5 5h3M11 5h2M16 5h3v3M19 11v2M19 16v3h-3M13 19h-2M8 19H5v-3M5 13v-2M5 8V5",
  pan: "M12 3v18M3 12h18M9.5 5.5L12 3l2.5 2.5M9.5 18.5L12 21l2.5-2.5M5.5 9.5L3 12l2.5 2.5M18.5 9.5L21 12l-2.5 2.5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  reset: "M4 9V4h5M20 15v5h-5M20 9V4h-5M4 15v5h5",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  down: "M7 10l5 5 5-5",
  right: "M9 6l6 6-6 6",
  left: "M15 6l-6 6 6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  almost: "M4 14c2.5-5 5.5-5 8-2s5.5 3 8-2",
  cross: "M6 6l12 12M18 6L6 18",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  tag: "M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01",
  set: "M4 7l8-4 8 4-8 4zM4 12l8 4 8-4M4 17l8 4 8-4",
  search: "M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12M15.5 15.5L20 20",
  down2: "M12 5v14M6 13l6 6 6-6",
  up2: "M12 19V5M6 11l6-6 6 6",
  near: "M12 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3M12 3v2M12 19v2M3 12h2M19 12h2M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  noeye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M4 20L20 4",
  contours: "M12 4a9 8 0 1 1 0 16 9 8 0 0 1 0-16M12 8.5a4.5 3.5 0 1 1 0 7 4.5 3.5 0 0 1 0-7",
  density: "M4 20h4v-4H4zM10 20h4v-8h-4zM16 20h4V8h-4zM4 14h4v-3H4zM10 10h4V6h-4zM16 6h4V4h-4z",
  play: "M7 4l13 8-13 8z",
  pause: "M8 5v14M16 5v14",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5",
};

/** An element: h("button", {class: "x", onclick: f, title: "…"}, child, "text"). Children that are null are skipped. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(element.style, value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key === "class" ? "class" : key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** An SVG element with attributes and children. */
export function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export function icon(name) {
  const path = s("path", {
    d: ICONS[name],
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.8,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  });
  return s("svg", { viewBox: "0 0 24 24", class: "hem-icon", "aria-hidden": "true" }, path);
}

/** Give `host` the children that make() returns, but only when `key` is another one than before: an element that is
 *  replaced between press and release loses its click, an open list closes. */
export function renew(host, key, make) {
  const text = JSON.stringify(key);
  if (host.dataset.key === text) return;
  host.dataset.key = text;
  host.replaceChildren(...make());
}

/** A list to choose from; options are [value, text] or {group, options}. */
export function select(options, value, onchange, label) {
  const make = ([key, text]) => h("option", { value: key, selected: key === value }, text);
  const children = options.map((one) =>
    one.group ? withLabel(h("optgroup", {}, one.options.map(make)), one.group) : make(one),
  );
  const element = h(
    "select",
    { class: "hem-select", "aria-label": label, title: label, onchange: (event) => onchange(event.target.value) },
    children,
  );
  element.value = value;
  return element;
}

/** A button that opens a small menu of [text, action]. */
export function menu(content, label, entries) {
  const list = h("div", { class: "hem-menu", role: "menu", hidden: true });
  const button = h(
    "button",
    { class: "hem-tool", title: label, "aria-label": label, "aria-haspopup": "menu", onclick: toggle },
    content,
  );
  for (const [text, action] of entries) {
    list.append(
      h(
        "button",
        {
          role: "menuitem",
          class: "hem-menu-item",
          onclick: () => {
            toggle();
            action();
          },
        },
        text,
      ),
    );
  }
  function toggle() {
    list.hidden = !list.hidden;
    if (!list.hidden) setTimeout(() => window.addEventListener("pointerdown", away, { capture: true }));
    else window.removeEventListener("pointerdown", away, { capture: true });
  }
  function away(event) {
    if (!event.composedPath().includes(list) && !event.composedPath().includes(button)) toggle();
  }
  return h("span", { class: "hem-menu-place" }, button, list);
}

/** Hand a file to the reader: content is a Blob, or text. */
export function save(content, name) {
  const url =
    typeof content === "string" && content.startsWith("data:") ? content : URL.createObjectURL(new Blob([content]));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => url.startsWith("blob:") && URL.revokeObjectURL(url), 10000);
}

/** An SVG element as a PNG, twice as sharp, on a background. */
export async function svgToPng(element, background) {
  const [width, height] = ["width", "height"].map((name) => Number(element.getAttribute(name)));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(element))}`;
  await image.decode();
  const canvas = h("canvas", { width: Math.round(width * 2), height: Math.round(height * 2) });
  const context = canvas.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}

function withLabel(element, label) {
  element.label = label;
  return element;
}
