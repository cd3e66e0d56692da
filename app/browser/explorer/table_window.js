// @ts-check
// Which rows of a long table are in sight, and the blocks of them that were fetched. No page here.

export const ROW_PX = 30;
export const BLOCK = 100;
/** Browsers cut elements that are higher; a longer table scrolls in larger steps. */
const MOST_PX = 12e6;
const MOST_BLOCKS = 60;

/** How high the scrolled element is. @param {number} total */
export function heightOf(total) {
  return Math.min(MOST_PX, total * ROW_PX);
}

/** The rows in sight: {first, count, shift}; shift: where the first of them lies, in px from the top of what is seen.
 *  @param {number} total @param {number} top scrolled by so many px @param {number} height of what is seen */
export function inSight(total, top, height) {
  const high = heightOf(total),
    way = Math.max(1, high - height),
    virtual = high === total * ROW_PX ? top : (Math.min(top, way) / way) * (total * ROW_PX - height),
    first = Math.max(0, Math.min(total - 1, Math.floor(virtual / ROW_PX)));
  return { first, count: Math.min(total - first, Math.ceil(height / ROW_PX) + 1), shift: first * ROW_PX - virtual };
}

/** How far to scroll so that a row is seen, `top` where it is seen already.
 *  @param {number} total @param {number} top @param {number} height @param {number} at */
export function scrollTo(total, top, height, at) {
  const { first } = inSight(total, top, height),
    whole = Math.max(1, Math.floor(height / ROW_PX));
  if (at > first && at < first + whole) return top;
  const wanted = at <= first ? at : at - whole + 1,
    high = heightOf(total);
  if (high === total * ROW_PX) return wanted * ROW_PX;
  return (wanted / Math.max(1, total - whole)) * (high - height);
}

/** The blocks of a table: fetched when they are first asked for, the oldest forgotten.
 *  @param {(offset: number, limit: number) => Promise<{rows: number[], cells: any[][]}>} fetchRows */
export function makeBlocks(fetchRows) {
  const blocks = new Map(); // number -> {rows, cells}, or a promise of it

  return {
    /** {row, cells} of a place in the table; null where it was not fetched yet. */
    at(place) {
      const block = blocks.get(Math.floor(place / BLOCK)),
        k = place % BLOCK;
      return block?.rows && k < block.rows.length ? { row: block.rows[k], cells: block.cells[k] } : null;
    },
    /** Fetch what is missing of some places; resolves when they are here. */
    need(first, count) {
      const wanted = [];
      for (let number = Math.floor(first / BLOCK); number * BLOCK < first + count; number++) wanted.push(block(number));
      return Promise.all(wanted);
    },
    /** The place of a row among those that were fetched; -1 where it is not. */
    placeOf(row) {
      for (const [number, { rows }] of blocks) {
        const k = rows?.indexOf(row) ?? -1;
        if (k >= 0) return number * BLOCK + k;
      }
      return -1;
    },
  };

  function block(number) {
    if (!blocks.has(number)) {
      const promise = fetchRows(number * BLOCK, BLOCK)
        .then((found) => blocks.set(number, found))
        .catch((error) => {
          blocks.delete(number); // asked for again when it is next in sight
          throw error;
        });
      blocks.set(number, promise);
      for (const old of blocks.keys()) if (blocks.size > MOST_BLOCKS && old !== number) blocks.delete(old);
    }
    return blocks.get(number);
  }
}
