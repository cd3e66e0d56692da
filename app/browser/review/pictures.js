// @ts-check
// The pictures that Review has fetched, as addresses an <img> can show: thumbnails, and large pictures ahead.

const MOST_LARGE = 60;

/** @param {import("../shared/run_client.js").RunClient} source @param {boolean} hasPictures of the run's medium */
export function makePictures(source, hasPictures) {
  const thumbs = new Map(),
    large = new Map();
  let isOver = false;

  return {
    thumb: (row) => thumbs.get(row),
    /** {address}, {error}, {} while it is on its way, or undefined. */
    picture: (row, isPlain = false) => large.get(keyOf(row, isPlain)),
    fetchThumbs,
    fetchPicture,
    forget,
  };

  /** The thumbnails of examples and of what is near them. */
  async function fetchThumbs(items) {
    const near = (item) => [...(item.neighbours ?? []), ...(item.duplicates ?? [])].map((one) => one.row);
    const rows = new Set(items.flatMap((item) => [item.row, ...near(item)]));
    const wanted = hasPictures ? [...rows].filter((row) => !thumbs.has(row)) : [];
    if (!wanted.length) return;
    const blobs = await source.thumbs(wanted);
    if (isOver) return;
    wanted.forEach((row, k) => thumbs.set(row, blobs[k] ? URL.createObjectURL(blobs[k]) : ""));
  }

  /** Resolves to true when the large picture came, or was found to be missing, with this call. */
  async function fetchPicture(row, isPlain = false) {
    const key = keyOf(row, isPlain);
    if (!hasPictures || large.has(key)) return false;
    large.set(key, {});
    let found;
    try {
      found = { address: URL.createObjectURL(await source.picture(row, isPlain)) };
    } catch (error) {
      found = { error: error.message };
    }
    if (isOver) return false;
    large.set(key, found);
    for (const [old, one] of large) {
      if (large.size <= MOST_LARGE) break;
      if (one.address) URL.revokeObjectURL(one.address);
      large.delete(old);
    }
    return true;
  }

  /** A picture with its parts drawn into it and the plain one are two. */
  function keyOf(row, isPlain) {
    return isPlain ? `plain ${row}` : row;
  }

  /** Let go of all of them; what is still on its way is not kept. */
  function forget() {
    isOver = true;
    const addresses = [...thumbs.values(), ...[...large.values()].map((one) => one.address)];
    for (const address of addresses) if (address) URL.revokeObjectURL(address);
    thumbs.clear();
    large.clear();
  }
}
