// @ts-check
// The server's answer about a window of a map, taken apart: see app/wire/density.py.

const ARRAYS = { "<u2": Uint16Array, "|u1": Uint8Array, "<u4": Uint32Array, "<f4": Float32Array };

/** Cells: `count` of rows and `cell`, their colour (255: none), `selected_count` and `selected_cell` of those selected,
 *  `out` 1 where rows are filtered out. Points: `rows`, their `x`, `y` and colour `level`, the hardest last.
 *  @typedef {{kind: "number" | "names" | "share", total: number, is_points: boolean, rows: Uint32Array, x:
 *  Float32Array, y: Float32Array, level: Uint8Array, count?: Uint16Array, cell?: Uint8Array, selected_count?:
 *  Uint16Array, selected_cell?: Uint8Array, out?: Uint8Array}} Answer
 *  @param {ArrayBuffer} buffer @returns {Answer} */
export function answerOf(buffer) {
  const length = new DataView(buffer).getUint32(0, true),
    { parts, ...head } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  for (const [name, type, count, at] of parts) head[name] = new ARRAYS[type](buffer, 4 + length + at, count);
  return head;
}
