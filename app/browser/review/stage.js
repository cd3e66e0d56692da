// @ts-check
// The picture of an example with its boxes over it, in px of the image: zoomed, panned, and one of them edited.

import { h, s } from "../shared/dom.js";
import { listen } from "../shared/drag.js";
import { close, handleAt, panned, whole, zoomed } from "./box_geometry.js";
import { boxesOf, handlesOf, isMain, othersOf, shapesOf } from "./stage_shapes.js";

const REACH_PX = 7; // of the screen, around an edge
const CRISP = 3; // screen px of an image px from which its pixels are shown as such
const CURSORS = { nw: "nwse", se: "nwse", ne: "nesw", sw: "nesw", n: "ns", s: "ns", e: "ew", w: "ew" };

/** @typedef {ReturnType<typeof makeStage>} Stage */

/** calls: {picked(box), press(point, reach), drag(point), end(), cancel(), edit()}: `edit` gives the box that is being
 *  edited, or null; picked is told which box of the scene was clicked. */
export function makeStage(calls) {
  const svg = s("svg", { class: "boxes", role: "img", "aria-label": "the picture with its boxes" });
  const element = h("div", { class: "stage" }, svg);
  let shown = /** @type {any} */ (null), // {scene, address, verdict, opinions}
    look = { isClose: false, hasOthers: true, hasUnsure: false, isPlain: false },
    view = /** @type {import("./box_geometry.js").View | null} */ (null),
    isMoved = false, // by hand: a new size of the window then keeps its centre
    isPanning = false,
    isDragging = false,
    panFrom = view;
  const observer = new ResizeObserver(() => {
    if (!isMoved) view = null;
    paint();
  });
  observer.observe(element);
  const stop = listen(svg, { drag, end, cancel, click, double: reset, hover });
  svg.addEventListener("pointerdown", ({ shiftKey }) => (isPanning = shiftKey || !calls.edit()), { capture: true });
  svg.addEventListener("wheel", wheel, { passive: false });

  return {
    element,
    isDragging: () => isDragging,
    /** Show an example: {scene, address of its picture, verdict, opinions of several people}. Another part is looked at
     *  from the start. */
    show(next, nextLook) {
      const isOther = shown?.scene.part !== next.scene.part || shown?.scene.example !== next.scene.example;
      if (isOther || nextLook.isClose !== look.isClose) [view, isMoved] = [null, false];
      [shown, look] = [next, nextLook];
      paint();
    },
    paint,
    close() {
      observer.disconnect();
      stop();
    },
  };

  function reset() {
    view = null;
    isMoved = false;
    paint();
  }

  function aspect() {
    return (svg.clientWidth || 4) / (svg.clientHeight || 3);
  }

  function scale() {
    return view ? (svg.clientWidth || 1) / view.w : 1;
  }

  function paint() {
    if (!shown) return;
    const { scene } = shown;
    view ??= look.isClose ? close(boxesOf(scene), scene, aspect()) : whole(scene, aspect());
    // What is moved by hand keeps its place, in an element of another shape too.
    view = { ...view, h: view.w / aspect() };
    const unit = 1 / scale();
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
    svg.dataset.close = String(look.isClose);
    svg.dataset.view = [view.x, view.y, view.w, view.h].map((value) => value.toFixed(2)).join(" ");
    const picture = shown.address
      ? s("image", {
          href: shown.address,
          width: scene.width,
          height: scene.height,
          preserveAspectRatio: "none",
          class: unit < 1 / CRISP ? "crisp" : "",
        })
      : s("rect", { width: scene.width, height: scene.height, class: "no-picture" });
    const edit = calls.edit();
    const about = { verdict: shown.verdict, opinions: shown.opinions ?? [], edit };
    const shapes = look.isPlain && !edit ? [] : shapesOf(scene, about, look, unit, view);
    svg.replaceChildren(picture, ...shapes, ...(edit?.box ? handlesOf(edit, unit) : []));
  }

  /** @returns {[number, number]} the point of the image at CSS px of the element */
  function at([x, y]) {
    return view ? [view.x + x / scale(), view.y + y / scale()] : [0, 0];
  }

  function drag(points, from) {
    const last = points[points.length - 1];
    if (isPanning) {
      if (!isDragging) panFrom = view;
      const [a, b] = [at(from), at(last)];
      if (panFrom) view = panned(panFrom, b[0] - a[0], b[1] - a[1], shown.scene);
      isMoved = true;
    } else {
      if (!isDragging) calls.press(at(from), REACH_PX / scale());
      calls.drag(at(last));
    }
    isDragging = true;
    paint();
  }

  function end() {
    const wasEditing = isDragging && !isPanning;
    isDragging = false;
    if (wasEditing) calls.end();
  }

  function cancel() {
    const wasEditing = isDragging && !isPanning;
    isDragging = false;
    if (wasEditing) calls.cancel();
  }

  /** The smallest box at the point is picked. */
  function click(pointer) {
    if (!shown || calls.edit() || look.isPlain) return;
    const point = at([pointer.x, pointer.y]),
      area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
    const { scene } = shown;
    const all = [...scene.boxes.filter((one) => isMain(scene, one)), ...othersOf(scene, look), ...scene.added];
    const hit = all
      .flatMap((one) => [one.given, one.predicted, one.box].filter(Boolean).map((box) => ({ one, box })))
      .filter(({ box }) => handleAt(box, point, REACH_PX / scale()))
      .sort((a, b) => area(a.box) - area(b.box))[0];
    if (hit) calls.picked(hit.one);
  }

  function hover({ x, y }) {
    const edit = calls.edit(),
      handle = edit?.box && handleAt(edit.box, at([x, y]), REACH_PX / scale());
    svg.style.cursor = !edit ? "" : !handle ? "crosshair" : handle === "move" ? "move" : `${CURSORS[handle]}-resize`;
  }

  function wheel(event) {
    if (!shown || !view || isDragging) return;
    event.preventDefault();
    const place = svg.getBoundingClientRect(),
      point = at([event.clientX - place.left, event.clientY - place.top]);
    const px = event.deltaMode === 1 ? 33 * event.deltaY : event.deltaY;
    view = zoomed(view, point, 1.0015 ** px, shown.scene, aspect());
    isMoved = true;
    paint();
  }
}
