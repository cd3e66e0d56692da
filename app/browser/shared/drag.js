// @ts-check
// A pointer that presses, drags, clicks and double-clicks: one state machine for the map, the matrix, the histogram.

const SLACK_PX = 4;
const AGAIN_MS = 500;
const AGAIN_PX = 8;

/** The machine without a page: it takes plain pointers and calls back; a test can feed it by hand.
 *
 *  A pointer is {id, x, y, time, buttons, button, isPrimary, shift, count}; count is the click's number in a double or
 *  triple click as the browser counts, by the reader's own settings; without it, 0, HEM counts by time.
 *  States: 'idle'; 'pressed' (down, not moved yet); 'dragging'; 'dropped' (cancelled while the
 *  button is still down: nothing happens until it is up).
 *  calls, each optional: drag(points, from), end(points, pointer), click(pointer), double(pointer), cancel(),
 *  hover(pointer).
 *  Clicks that follow a double click at once belong to it and do nothing. */
export function makeDrag(calls) {
  let state = "idle",
    id = null,
    points = [],
    last = null,
    clicks = [];
  const at = ({ x, y }) => [x, y];
  const say = (name, ...values) => calls[name]?.(...values);

  function down(pointer) {
    if (state !== "idle" || pointer.button !== 0 || pointer.isPrimary === false) return false;
    [state, id, points, last] = ["pressed", pointer.id, [at(pointer)], pointer];
    return true;
  }

  /** pointers: where it has been since the last call, the newest last. */
  function move(...pointers) {
    const pointer = pointers.at(-1);
    if (state === "idle") return say("hover", pointer);
    if (pointer.id !== id) return undefined;
    // The button went up where nobody told us, outside of the window say: that is where the drag ended.
    if (pointer.buttons === 0) return up(last);
    last = pointer;
    if (state === "dropped") return undefined;
    const [x, y] = points[0];
    if (state === "pressed" && Math.hypot(pointer.x - x, pointer.y - y) <= SLACK_PX) return undefined;
    state = "dragging";
    points.push(...pointers.map(at));
    return say("drag", points, points[0]);
  }

  function up(pointer) {
    if (state === "idle" || pointer.id !== id) return undefined;
    const was = state,
      path = points;
    [state, id, points] = ["idle", null, []];
    if (was === "dropped") return undefined;
    if (was === "dragging") {
      clicks = [];
      return say("end", path, pointer);
    }
    const isSoon = pointer.count ? pointer.count > 1 : pointer.time - clicks.at(-1)?.time < AGAIN_MS;
    const isAgain = clicks.length && isSoon && near(pointer, clicks[0]);
    clicks = isAgain ? [...clicks, pointer] : [pointer];
    if (clicks.length === 1) return say("click", pointer);
    return clicks.length === 2 ? say("double", pointer) : undefined;
  }

  /** Break off what is going on (Escape, a lost pointer); isUp says that the button is known to be up. */
  function cancel(isUp = false) {
    if (state === "idle") return false;
    state = isUp ? "idle" : "dropped";
    clicks = [];
    points = [];
    say("cancel");
    return true;
  }

  return { down, move, up, cancel, state: () => state };
}

/** Drive a machine by the pointer over `element`; returns what ends it. Nothing in it can be selected or dragged. */
export function listen(element, calls) {
  const machine = makeDrag(calls);
  element.classList.add("hem-grab");
  if (element.tabIndex < 0) element.tabIndex = -1;
  let count = 0;
  const plain = (event) => {
    const box = element.getBoundingClientRect();
    const { pointerId, timeStamp, button, buttons, isPrimary, shiftKey, ctrlKey, metaKey } = event;
    return {
      id: pointerId,
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      time: timeStamp,
      button,
      buttons,
      isPrimary,
      count,
      shift: shiftKey,
      adds: shiftKey || ctrlKey || metaKey,
    };
  };
  const lost = () => machine.cancel(true);
  const prevent = (event) => event.preventDefault();
  const handlers = {
    pointerdown(event) {
      count = 0;
      if (!machine.down(plain(event))) return;
      try {
        element.setPointerCapture(event.pointerId);
      } catch {
        // A pointer that is gone already cannot be captured; its end arrives as a move without buttons.
      }
      window.getSelection()?.removeAllRanges();
      // The press itself is swallowed below, so the focus must be moved by hand: keys are for this element now.
      element.focus({ preventScroll: true });
    },
    pointermove: (event) => machine.move(...moves(event).map(plain)),
    pointerup: (event) => machine.up(plain(event)),
    pointercancel: lost,
    lostpointercapture: lost,
    pointerleave: () => machine.state() === "idle" && calls.leave?.(),
    // Without these a second press on selected text starts the browser's own drag, and no pointer event comes any more.
    mousedown(event) {
      count = event.detail; // a finger has none before it is up
      if (event.button === 0) prevent(event);
    },
    dragstart: prevent,
    selectstart: prevent,
  };
  const outside = {
    keydown(event) {
      if (event.key !== "Escape" || !machine.cancel()) return;
      event.preventDefault();
      event.stopPropagation();
    },
    blur: (event) => event.target === window && lost(),
  };
  for (const [name, handler] of Object.entries(handlers)) element.addEventListener(name, handler);
  for (const [name, handler] of Object.entries(outside)) window.addEventListener(name, handler, true);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) element.removeEventListener(name, handler);
    for (const [name, handler] of Object.entries(outside)) window.removeEventListener(name, handler, true);
  };
}

function moves(event) {
  const found = event.getCoalescedEvents?.() ?? [];
  return found.length ? found : [event];
}

function near(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y) <= AGAIN_PX;
}
