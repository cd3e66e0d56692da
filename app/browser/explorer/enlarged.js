// @ts-check
// One row large, over Explore: its picture with zoom, the layers of its drawing, its numbers and its neighbours; of a
// text or a row of features these.

import { featureTable, marked } from "../shared/contents.js";
import { h, icon } from "../shared/dom.js";
import { short } from "../shared/numbers.js";
import { moreLike } from "./near.js";
import { pair } from "./pair.js";

const MOST_ZOOM = 16;

/** Make the view, hidden at first, on top of `host`. open(row) goes to Review, null where there is none;
 *  following(row, by) is the row before or after another, or undefined. Returns {show(row), end}.
 *  @param {import("./bus.js").Bus} bus @param {HTMLElement} host
 *  @param {{open: ((row: number) => void) | null, following: (row: number, by: number) => number | undefined}} ways */
export function makeEnlarged(bus, host, { open, following }) {
  const hidden = new Set(bus.drawing?.hidden),
    layers = bus.drawing?.layers ?? [],
    stage = h("div", { class: "hem-enlarged-stage", tabIndex: 0, "aria-label": "picture" }),
    about = h("div", { class: "hem-enlarged-about" }),
    image = h("img", { alt: "", draggable: false }),
    root = h("div", { class: "hem-enlarged", role: "dialog", "aria-label": "enlarged", hidden: true }, stage, about);
  let row = -1,
    drawn = 0,
    seen = { scale: 1, x: 0, y: 0 },
    grip = null,
    before = null;
  stage.append(image);
  host.append(root);
  root.addEventListener("keydown", key);
  stage.addEventListener("wheel", wheel, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (!bus.hasPictures) return; // a text is there to be read and copied
    grip = { x: event.clientX - seen.x, y: event.clientY - seen.y };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (grip) look({ ...seen, x: event.clientX - grip.x, y: event.clientY - grip.y });
  });
  stage.addEventListener("pointerup", () => (grip = null));
  stage.addEventListener("dblclick", fit);
  return {
    show(next) {
      if (root.hidden) before = document.activeElement;
      root.hidden = false;
      fit();
      see(next);
      stage.focus();
    },
    end() {
      letGo();
      root.remove();
    },
  };

  function close() {
    root.hidden = true;
    drawn++;
    letGo();
    if (before instanceof HTMLElement) before.focus();
  }

  function see(next) {
    row = next;
    root.dataset.row = String(row);
    delete root.dataset.ready;
    about.replaceChildren(...head(), h("p", { class: "hem-muted" }, "loading"));
    fetchAll();
  }

  async function fetchAll() {
    const mine = ++drawn;
    try {
      const values = bus.needValues([row], ["error"]), // whether it is right, where the page has no columns of numbers
        [item] = await Promise.all([bus.detailOf(row), bus.hasPictures && paint(mine), values]);
      if (mine !== drawn) return;
      if (!bus.hasPictures) stage.replaceChildren(content(item));
      const near = (item.neighbours ?? []).map((one) => one.row),
        urls = await bus.thumbsOf(near);
      if (mine !== drawn) return;
      about.replaceChildren(...head(), ...facts(item), ...neighbours(item, near, urls));
      root.dataset.ready = "true";
    } catch (error) {
      if (mine === drawn) about.replaceChildren(...head(), h("p", {}, error.message));
    }
  }

  async function paint(mine) {
    const url = await bus.pictureOf(row, [...hidden]);
    if (mine !== drawn) return URL.revokeObjectURL(url);
    letGo();
    image.src = url;
    await image.decode().catch(() => {});
    image.classList.toggle("is-tiny", image.naturalWidth < 200 && image.naturalHeight < 200);
    root.dataset.hidden = [...hidden].join(" ");
  }

  /** What stands for an example without a picture. */
  function content({ text, marks, features, neighbours }) {
    const about = features?.length ? featureTable(features, Boolean(neighbours?.length)) : null;
    return h("div", { class: "hem-enlarged-content" }, text ? marked(text, marks) : "", about ?? "");
  }

  function letGo() {
    if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  }

  function head() {
    const step = (by, name, title) =>
      h(
        "button",
        {
          class: "hem-tool",
          title,
          "aria-label": title,
          disabled: following(row, by) === undefined,
          onclick: () => go(by),
        },
        icon(name),
      );
    return [
      h(
        "div",
        { class: "hem-head" },
        step(-1, "left", "previous (←)"),
        step(1, "right", "next (→)"),
        open ? h("button", { class: "hem-button", onclick: () => open(row) }, "Open in Review") : "",
        h("span", { onclick: () => !bus.near.missing && close() }, moreLike(bus, row)),
        h("span", { class: "hem-space" }),
        h("button", { class: "hem-tool", title: "close (Esc)", "aria-label": "close", onclick: close }, icon("close")),
      ),
      h("div", { class: "hem-enlarged-pair" }, pair(bus, row)),
    ];
  }

  function facts(item) {
    const columns = new Map(item.columns.map((one) => [one.name, one])),
      told = bus.details.filter((name) => columns.get(name)?.value != null),
      text = ({ value, unit }) =>
        typeof value === "number" ? `${short(value)} ${unit === "of 1" ? "" : unit}` : value;
    return [
      item.evidence ? h("p", {}, item.evidence) : "",
      h(
        "dl",
        {},
        told.flatMap((name) => [h("dt", {}, bus.title(name)), h("dd", {}, text(columns.get(name)))]),
      ),
      layers.length ? h("div", { class: "hem-layers" }, layers.map(layer)) : "",
      bus.drawing
        ? h(
            "div",
            { class: "hem-box-legend" },
            bus.drawing.legend.map(([title, colour]) =>
              h("span", { class: "hem-box-key" }, h("i", { style: { borderColor: colour } }), title),
            ),
          )
        : "",
      h("p", { class: "hem-muted hem-enlarged-id" }, item.id),
    ];
  }

  function layer([name, title], at) {
    const box = h("input", { type: "checkbox", checked: !hidden.has(name), onchange: () => toggle(name) });
    return h("label", { title: `key ${at + 1}` }, box, ` ${title}`);
  }

  function neighbours(item, near, urls) {
    if (!item.neighbours) return [];
    const tiles = item.neighbours.map((one, at) =>
      h(
        "button",
        { class: "hem-near", title: `${one.id}\ngiven: ${one.label ?? "–"}`, onclick: () => see(near[at]) },
        urls[at] ? h("img", { src: urls[at], alt: one.id, draggable: false }) : one.id,
      ),
    );
    return [h("h2", { class: "hem-title" }, "Nearest neighbours"), h("div", { class: "hem-nears" }, tiles)];
  }

  function toggle(name) {
    if (!hidden.delete(name)) hidden.add(name);
    fetchAll();
  }

  function go(by) {
    const next = following(row, by);
    if (next !== undefined) see(next);
  }

  function key(event) {
    const act = {
      Escape: close,
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      "+": () => zoom(1.5),
      "-": () => zoom(1 / 1.5),
      0: fit,
      ...Object.fromEntries(layers.map(([name], at) => [String(at + 1), () => toggle(name)])),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function fit() {
    look({ scale: 1, x: 0, y: 0 });
  }

  function wheel(event) {
    if (!bus.hasPictures) return;
    event.preventDefault();
    const place = stage.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - place.left, event.clientY - place.top);
  }

  /** Around a point of the stage, which stays where it is; without one, around its middle. */
  function zoom(by, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const scale = Math.max(1, Math.min(MOST_ZOOM, seen.scale * by)),
      grown = scale / seen.scale;
    look({ scale, x: x - (x - seen.x) * grown, y: y - (y - seen.y) * grown });
  }

  function look(next) {
    seen = next.scale === 1 && next.scale !== seen.scale ? { scale: 1, x: 0, y: 0 } : next;
    image.style.transform = `translate(${seen.x}px, ${seen.y}px) scale(${seen.scale})`;
    root.dataset.zoom = seen.scale.toFixed(2);
  }
}
