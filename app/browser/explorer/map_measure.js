// @ts-check
// Where the layers of the map lie in their host, and how many pixels they have.

const MARGIN = { l: 58, r: 14, t: 10, b: 46 };
const BARE = { l: 14, r: 14, t: 10, b: 14 };

/** The room around the plot in CSS pixels: for tick labels and titles, or for none of them. */
export function marginOf(axes) {
  return axes?.isBare ? BARE : MARGIN;
}

/** Lay the canvases and the catcher over the plot area of `host`, and give the canvases its device pixels.
 *  Returns {width, height} of the plot area in CSS pixels, and ratio, the device pixels per CSS pixel. */
export function placeLayers(host, canvases, catcher, { l, r, t, b }) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(50, host.clientWidth - l - r),
    height = Math.max(50, host.clientHeight - t - b);
  for (const layer of [...canvases, catcher]) {
    Object.assign(layer.style, { left: `${l}px`, top: `${t}px`, width: `${width}px`, height: `${height}px` });
  }
  const [w, q] = [Math.round(width * ratio), Math.round(height * ratio)];
  for (const canvas of canvases) {
    if (canvas.width !== w || canvas.height !== q) [canvas.width, canvas.height] = [w, q];
  }
  return { width, height, ratio };
}
