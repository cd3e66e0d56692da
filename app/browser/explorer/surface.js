// @ts-check
// What the pointer does on the map: lasso, box, pan, wheel zoom, hover, click. Draws only the gesture.

import { listen } from "../shared/drag.js";

/** Listen on `element` (over the plot area) and call back in its CSS pixels.
 *  tool() is 'lasso', 'box' or 'pan'; calls: polygon(points, isAdding), pan(dx, dy), zoom(x, y, factor),
 *  hover(x, y) | leave(), click(x, y, adds), double(x, y), draw(path | null). Returns what ends it. */
export function surface(element, tool, calls) {
  let last = null,
    used = null;
  /** @returns {[number, number]} */
  const within = ([x, y]) => [
    Math.max(0, Math.min(element.clientWidth, x)),
    Math.max(0, Math.min(element.clientHeight, y)),
  ];
  const path = (points) => (used === "box" ? corners(points[0], within(points.at(-1))) : points.map(within));
  const stop = listen(element, {
    hover: ({ x, y }) => calls.hover(x, y),
    leave: () => calls.leave(),
    drag(points, from) {
      // The tool that a drag began with stays with it, whatever key or button changes it meanwhile.
      used ??= tool();
      if (used !== "pan") return calls.draw(path(points));
      const here = points.at(-1);
      last ??= from;
      calls.pan(here[0] - last[0], here[1] - last[1]);
      last = here;
      return undefined;
    },
    end(points, { shift }) {
      if (used !== "pan") calls.polygon(path(points), shift);
      used = last = null;
    },
    cancel() {
      used = last = null;
      calls.draw(null);
    },
    click: ({ x, y, adds }) => calls.click(x, y, adds),
    double: ({ x, y }) => calls.double(x, y),
  });
  const wheel = (event) => {
    event.preventDefault();
    if (used === "lasso" || used === "box") return;
    const box = element.getBoundingClientRect();
    const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004);
    calls.zoom(event.clientX - box.left, event.clientY - box.top, factor);
  };
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    stop();
    element.removeEventListener("wheel", wheel);
  };
}

function corners([ax, ay], [bx, by]) {
  return [
    [ax, ay],
    [bx, ay],
    [bx, by],
    [ax, by],
  ];
}
