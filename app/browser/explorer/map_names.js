// @ts-check
// The names of the clusters on the embedding map, each at the middle of its cluster, on a canvas of their own.

import { toPixel } from "./camera.js";

const SIZE_PX = 11.5,
  MOST = 26, // names on screen
  LONGEST = 34, // letters of a name
  APART_PX = 130; // between two names that read the same

/** A cluster as the server knows it: typical: rows of it; apart: sentences on the columns that set it apart.
 * @typedef {{cluster: string, name: string, x: number, y: number, n: number, typical?: number[],
 *   apart?: string[]}} Named
 * @typedef {{one: Named, text: string, x: number, y: number, half: number}} Placed */

/** What a bus knows of its clusters: fetched once, when they are first to be shown.
 *  @param {import("../shared/run_client.js").RunClient} source @param {() => any} bus */
export function makeNames(source, bus) {
  let found = /** @type {Named[] | null} */ (null);
  return {
    /** What a cluster is called; its number until that is known, and where nothing sets it apart.
     *  @param {string} cluster @returns {string} */
    clusterName(cluster) {
      return (
        bus()
          .clusterNames()
          .find((one) => one.cluster === cluster)?.name ?? cluster
      );
    },
    /** The clusters with their names, the largest first; [] until they are here. @returns {Named[]} */
    clusterNames() {
      if (found) return found;
      found = [];
      if (!bus().described.cluster) return found;
      source
        .clusters()
        .then((clusters) => {
          found = clusters;
          bus().emit("names");
        })
        .catch(() => {}); // a map without names is still a map
      return found;
    },
  };
}

/** Draw names over the points; returns where they stand. @param {HTMLCanvasElement} canvas
 *  @param {Named[]} names @param {import("./camera.js").Frame} frame what the map shows @returns {Placed[]} */
export function drawNames(canvas, names, frame, look) {
  const context = canvas.getContext("2d");
  if (!context) return [];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (!names.length) return [];
  context.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  context.font = `600 ${SIZE_PX}px ${look.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const size = { width: canvas.width / frame.ratio, height: canvas.height / frame.ratio },
    width = (text) => context.measureText(text).width,
    placed = placedNames(names, (one) => toPixel(frame, one.x, one.y), size, width);
  for (const { text, x, y } of placed) {
    context.lineWidth = 3.5;
    context.strokeStyle = look.background;
    context.globalAlpha = 0.85;
    context.strokeText(text, x, y);
    context.globalAlpha = 1;
    context.fillStyle = look.text;
    context.fillText(text, x, y);
  }
  return placed;
}

/** The name under a pointer at x, y; null where there is none. @param {Placed[]} placed */
export function nameAt(placed, x, y) {
  return placed.find((one) => Math.abs(x - one.x) <= one.half && Math.abs(y - one.y) <= SIZE_PX * 0.8) ?? null;
}

/** Where names stand, in CSS pixels: the middle of each, and half its width. The largest clusters come first; a name
 *  that would lie on another one, over the edge, or next to the same words is left out.
 *  @param {Named[]} names @param {(one: Named) => [number, number] | number[]} pixel
 *  @param {{width: number, height: number}} size @param {(text: string) => number} widthOf @returns {Placed[]} */
export function placedNames(names, pixel, size, widthOf) {
  /** @type {Placed[]} */
  const placed = [];
  for (const one of names) {
    if (placed.length === MOST) break;
    const text = one.name.length > LONGEST ? `${one.name.slice(0, LONGEST - 1).trimEnd()}…` : one.name,
      [x, y] = pixel(one),
      half = widthOf(text) / 2 + 3;
    if (x < half || x > size.width - half || y < SIZE_PX || y > size.height - SIZE_PX) continue;
    const isFree = placed.every(
      (other) =>
        (Math.abs(x - other.x) > half + other.half || Math.abs(y - other.y) > SIZE_PX * 1.5) &&
        (text !== other.text || Math.hypot(x - other.x, y - other.y) > APART_PX),
    );
    if (isFree) placed.push({ one, text, x, y, half });
  }
  return placed;
}
