// @ts-check
// The data map epoch by epoch: where the points lay, and the slider that replays the training.

import { h, icon } from "../shared/dom.js";

const STEP_MS = 450;
const KEPT_BYTES = 64 << 20; // of places that stay in memory; of very many rows, the last two epochs alone

/** Where the points of the data map lay after each epoch. fetchEpoch(epoch) gives all x, then all y, as bytes.
 *  @param {(epoch: number) => Promise<ArrayBuffer>} fetchEpoch @param {number} n */
export function makeReplay(fetchEpoch, n) {
  const kept = new Map(),
    loads = new Map(), // epoch -> the fetch that is on its way
    most = Math.max(2, Math.floor(KEPT_BYTES / (8 * Math.max(1, n))));
  return {
    /** {x, y} after an epoch that has been loaded, else undefined. @param {number} epoch */
    places: (epoch) => kept.get(epoch),
    /** Fetch an epoch that is not here yet. @param {number} epoch */
    load(epoch) {
      if (kept.has(epoch)) return Promise.resolve();
      if (!loads.has(epoch))
        loads.set(
          epoch,
          fetched(epoch).finally(() => loads.delete(epoch)),
        );
      return loads.get(epoch);
    },
  };

  async function fetched(epoch) {
    const values = new Float32Array(await fetchEpoch(epoch));
    if (kept.size >= most) kept.delete(kept.keys().next().value);
    kept.set(epoch, { x: values.subarray(0, n), y: values.subarray(n) });
  }
}

/** The epoch that a view shows the data map after; null for the whole training. */
export function epochOf(view, epochs) {
  return view.mode === "data" && view.epoch >= 1 && view.epoch < epochs ? view.epoch : null;
}

/** The slider under the data map: {draw(view), end}; hidden for other maps, and where no epochs were recorded.
 *  @param {import("./bus.js").Bus} bus */
export function makeSlider(bus, host) {
  let timer = 0,
    shown = 0;
  const play = h("button", { class: "hem-tool", onclick: () => (timer ? stop() : start()) });
  const range = h("input", {
    type: "range",
    min: 1,
    step: 1,
    "aria-label": "epoch of the data map",
    oninput: () => show(Number(range.value), "drag"),
    onchange: () => show(Number(range.value), "page"),
  });
  const text = h("output", { class: "hem-muted hem-number" }),
    bar = h("div", { class: "hem-epochs" }, play, range, text);
  host.append(bar);
  return { draw, end: halt };

  function draw(view) {
    const { epochs } = bus,
      isOff = view.mode !== "data" || epochs < 2;
    bar.hidden = isOff;
    if (isOff) return halt();
    shown = epochOf(view, epochs) ?? epochs;
    Object.assign(range, { max: String(epochs), value: String(shown) });
    text.textContent = shown < epochs ? `after epoch ${shown} of ${epochs}` : `all ${epochs} epochs`;
    const label = timer ? "pause" : "replay the training, epoch by epoch";
    Object.assign(play, { title: label });
    play.setAttribute("aria-label", label);
    play.replaceChildren(icon(timer ? "pause" : "play"));
    return undefined;
  }

  function show(epoch, origin) {
    bus.setView({ epoch: epoch >= bus.epochs ? null : epoch }, origin);
  }

  function start() {
    if (shown >= bus.epochs) show(1, "drag");
    timer = setInterval(next, STEP_MS);
    draw(bus.view);
  }

  function next() {
    if (shown + 1 < bus.epochs) show(shown + 1, "drag");
    else stop(bus.epochs);
  }

  // Python hears of the epoch once, at the end of the replay.
  function stop(epoch = shown) {
    halt();
    show(epoch, "page");
  }

  function halt() {
    clearInterval(timer);
    timer = 0;
  }
}
