// @ts-check
// The files inside a page: base64 of gzip, in elements of the page that no browser runs.

/** The files of an element by name, as bytes. @param {string} text @returns {Promise<Map<string, Uint8Array>>} */
export async function unpacked(text) {
  const squeezed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([squeezed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const files = new Map();
  let at = 4 + length;
  for (const [name, size] of JSON.parse(words(bytes.subarray(4, at)))) {
    files.set(name, bytes.subarray(at, at + size));
    at += size;
  }
  return files;
}

/** Bytes as text. @param {Uint8Array} bytes */
export function words(bytes) {
  return new TextDecoder().decode(bytes);
}

/** Byte strings in one, as the server packs thumbnails: see `unpack` in shared/run_client.js.
 *  @param {Uint8Array[]} parts */
export function pack(parts) {
  const head = new DataView(new ArrayBuffer(4 + 4 * parts.length));
  head.setUint32(0, parts.length, true);
  parts.forEach((part, k) => head.setUint32(4 + 4 * k, part.length, true));
  return new Blob([head, .../** @type {BlobPart[]} */ (parts)]);
}
