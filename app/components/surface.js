// What the pointer does on the map: lasso, box, pan, wheel zoom, hover, click. Draws only the gesture.

import { h } from "./dom.js";

/** Listen on `element` (over the plot area) and call back in its CSS pixels.
 *  tool() is 'lasso', 'box' or 'pan'; calls: polygon(points, isAdding), pan(dx, dy), zoom(x, y, factor),
 *  hover(x, y) | leave(), click(x, y, event), open(x, y), draw(path | null). Returns what ends it. */
export function surface(element, tool, calls) {
  let start = null,
    points = [],
    moved = false,
    last = null;
  const at = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const inside = ([x, y]) => [
    Math.max(0, Math.min(element.clientWidth, x)),
    Math.max(0, Math.min(element.clientHeight, y)),
  ];

  function down(event) {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    start = last = at(event);
    points = [start];
    moved = false;
  }
  function move(event) {
    const here = at(event);
    if (!start) return calls.hover(...here);
    if (Math.hypot(here[0] - start[0], here[1] - start[1]) > 4) moved = true;
    if (!moved) return;
    if (tool() === "pan") calls.pan(here[0] - last[0], here[1] - last[1]);
    else if (tool() === "lasso") {
      for (const one of event.getCoalescedEvents?.() ?? [event]) points.push(inside(at(one)));
      calls.draw(points);
    } else calls.draw((points = corners(start, inside(here))));
    last = here;
  }
  function up(event) {
    if (!start) return;
    start = null;
    if (!moved) return calls.click(...at(event), event);
    if (tool() === "pan") return;
    if (points.length > 2) calls.polygon(points, event.shiftKey);
    else calls.draw(null);
  }
  function wheel(event) {
    event.preventDefault();
    calls.zoom(...at(event), Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004));
  }
  const cancel = () => {
    start = null;
    calls.draw(null);
  };
  const handlers = {
    pointerdown: down,
    pointermove: move,
    pointerup: up,
    pointercancel: cancel,
    wheel,
    pointerleave: () => start || calls.leave(),
    dblclick: (event) => calls.open(...at(event)),
  };
  for (const [name, handler] of Object.entries(handlers))
    element.addEventListener(name, handler, { passive: name !== "wheel" });
  return () => {
    for (const [name, handler] of Object.entries(handlers)) element.removeEventListener(name, handler);
  };
}

/** The tooltip of one example: its picture, id, "predicted → given" and a line more. */
export function tooltip(host) {
  const picture = h("img", { class: "hem-tip-picture", alt: "" });
  const id = h("div", { class: "hem-tip-id" }),
    line = h("div"),
    content = h("div", { class: "hem-tip-content" }),
    more = h("div", { class: "hem-muted" });
  const box = h(
    "div",
    { class: "hem-tip", hidden: true, role: "status" },
    picture,
    h("div", { class: "hem-tip-text" }, id, content, line, more),
  );
  host.append(box);
  return {
    show(x, y, texts) {
      [id.textContent, more.textContent] = [texts.id, texts.more];
      line.replaceChildren(...texts.line);
      content.replaceChildren(...(texts.content ? [texts.content] : []));
      picture.hidden = !texts.picture;
      if (texts.picture && picture.src !== texts.picture) picture.src = texts.picture;
      box.hidden = false;
      const room = host.clientWidth - box.offsetWidth - 8,
        floor = host.clientHeight - box.offsetHeight - 8;
      box.style.transform = `translate(${Math.max(8, Math.min(x + 14, room))}px, ${Math.max(8, Math.min(y + 14, floor))}px)`;
    },
    hide() {
      box.hidden = true;
    },
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
