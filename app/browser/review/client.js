// What Review fetches: examples in detail, what people said of them, thumbnails, large pictures.

import { levelQuery } from "../shared/level.js";

const PICTURES = 60;

/** session() gives {run, level, fingerprint, token, has_pictures} as Python passed them last. */
export function openClient(session) {
  const thumbs = new Map(),
    pictures = new Map();

  return {
    thumb: (row) => thumbs.get(row),
    picture: (row) => pictures.get(row),
    details,
    judged,
    fetchPicture,
    forget,
  };

  /** {revision, items}; blind: without label and all that hints at it, but for what somebody has judged. */
  async function details(rows, isBlind) {
    const response = await get("detail", `?rows=${rows.join(",")}${isBlind ? "&blind=1" : ""}`);
    const items = await response.json();
    const near = (item) => [...(item.neighbours ?? []), ...(item.duplicates ?? [])].map((one) => one.row);
    await fetchThumbs([...new Set(items.flatMap((item) => [item.row, ...near(item)]))]);
    return { revision: Number(response.headers.get("X-HEM-Revision") ?? 0), items };
  }

  /** {revision, verdicts: {row: verdict}} of what people said one at a time. */
  async function judged(rows) {
    return (await get("judged", `?rows=${rows.join(",")}`)).json();
  }

  async function fetchThumbs(rows) {
    const { fingerprint, level, has_pictures } = session();
    const wanted = has_pictures ? rows.filter((row) => !thumbs.has(row)) : [];
    if (!wanted.length) return;
    const buffer = await (await get("thumbs", `?rows=${wanted.join(",")}&v=${fingerprint}`)).arrayBuffer();
    if (session().fingerprint !== fingerprint || session().level !== level) return;
    const view = new DataView(buffer);
    let start = 4 + 4 * wanted.length;
    wanted.forEach((row, k) => {
      const length = view.getUint32(4 + 4 * k, true);
      const blob = new Blob([new Uint8Array(buffer, start, length)], { type: "image/webp" });
      thumbs.set(row, length ? URL.createObjectURL(blob) : "");
      start += length;
    });
  }

  /** Resolves to true when the large picture came, or was found to be missing, with this call. */
  async function fetchPicture(row) {
    const { fingerprint, level, has_pictures } = session();
    if (!has_pictures || pictures.has(row)) return false;
    pictures.set(row, {});
    let found;
    try {
      const blob = await (await get("image", `?rows=${row}&v=${fingerprint}`)).blob();
      found = { address: URL.createObjectURL(blob) };
    } catch (error) {
      found = { error: error.message };
    }
    if (session().fingerprint !== fingerprint || session().level !== level) return false;
    pictures.set(row, found);
    for (const [old, one] of pictures) {
      if (pictures.size <= PICTURES) break;
      if (one.address) URL.revokeObjectURL(one.address);
      pictures.delete(old);
    }
    return true;
  }

  function forget() {
    const addresses = [...thumbs.values(), ...[...pictures.values()].map((one) => one.address)];
    for (const address of addresses) if (address) URL.revokeObjectURL(address);
    thumbs.clear();
    pictures.clear();
  }

  async function get(what, rest) {
    const { run, level, token } = session();
    const about = levelQuery(level);
    const headers = { "X-HEM-Token": token };
    const response = await fetch(`/hem/${what}/${encodeURIComponent(run)}${rest}${about && `&${about}`}`, { headers });
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    throw new Error(answer.error ?? `the server answered ${response.status}`);
  }
}
