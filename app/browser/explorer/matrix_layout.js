// @ts-check
// Where the cells and the names of a matrix stand, at 3 classes and at 3,000: numbers in, numbers out.

const LABEL_PX = 14; // a line of text
const MOST_NAME_PX = 150;
const MOST_MEASURED = 2000;
const LEAN = Math.SQRT1_2; // names that do not fit lean by 45 degrees
const FEWEST_CELLS = 4; // how far one can zoom in
const GAP_FROM_PX = 7; // smaller cells have no gaps: a gap would eat them
const SPOT_PX = 3; // smaller cells are painted as large as this, so that a single error can be seen

/** The plot for K classes in width × height pixels. measure(text) gives a width in pixels; window {x, y, span} is what
 *  is seen, in cells. Returns {left, top, width, height, bottom, cell: [w, h], gap, spot: [w, h], leans, wide, deep,
 *  columns, rows}: columns and rows are the positions with room for a name, of at most `deep` and `wide` pixels. */
export function layout(names, width, height, measure, window) {
  const longest = Math.max(8, ...names.slice(0, MOST_MEASURED).map(measure)),
    wide = Math.min(MOST_NAME_PX, 0.3 * width, longest),
    deep = Math.min(MOST_NAME_PX, 0.34 * height, longest);
  const left = Math.ceil(wide) + 34,
    right = 14,
    top = 8;
  const across = Math.max(20, width - left - right);
  const leans = longest > across / Math.min(names.length, window.span) - 4;
  const bottom = (leans ? Math.ceil(deep * LEAN) + 12 : LABEL_PX + 6) + 20;
  const down = Math.max(20, height - top - bottom);
  const cell = [across / window.span, down / window.span];
  return {
    left,
    top,
    width: across,
    height: down,
    bottom,
    cell,
    gap: Math.min(...cell) >= GAP_FROM_PX ? 1 : 0,
    spot: cell.map((size) => Math.max(size, SPOT_PX)),
    leans,
    wide,
    deep: leans ? deep : longest,
    columns: thinned(window.x, window.span, names.length, cell[0]),
    rows: thinned(window.y, window.span, names.length, cell[1]),
  };
}

/** Every 1st, 2nd, 5th, 10th … position among those seen, so that names do not touch. */
export function thinned(from, span, count, cell) {
  const step = niceWhole(LABEL_PX / cell),
    out = [];
  for (let k = Math.ceil(from / step - 0.5 / step) * step; k < from + span && k < count; k += step) {
    if (k >= 0 && k + 0.5 >= from && k + 0.5 <= from + span) out.push(k);
  }
  return out;
}

/** The cell at a point of the plot: {row, column} positions, one of them alone beside the names; null elsewhere. */
export function cellAt(plot, window, count, x, y) {
  const column = Math.floor(window.x + (x - plot.left) / plot.cell[0]),
    row = Math.floor(window.y + (y - plot.top) / plot.cell[1]);
  const isColumn = x >= plot.left && x < plot.left + plot.width && column >= 0 && column < count,
    isRow = y >= plot.top && y < plot.top + plot.height && row >= 0 && row < count;
  if (isRow && isColumn) return { row, column };
  // A name stands for its own class, also where it is taller than a row.
  if (isRow && x < plot.left) return { row: nearest(plot.rows, row, plot.cell[1]) };
  return isColumn && y > plot.top + plot.height ? { column: nearest(plot.columns, column, plot.cell[0]) } : null;
}

/** Zoomed about a place (in cells) by a factor, within the matrix. */
export function zoomed(window, count, [x, y], factor) {
  const span = Math.max(Math.min(FEWEST_CELLS, count), Math.min(count, window.span * factor)),
    share = span / window.span;
  return clamped({ x: x - (x - window.x) * share, y: y - (y - window.y) * share, span }, count);
}

/** Moved by some cells, within the matrix. */
export function moved(window, count, [dx, dy]) {
  return clamped({ ...window, x: window.x + dx, y: window.y + dy }, count);
}

export function home(count) {
  return { x: 0, y: 0, span: Math.max(1, count) };
}

function clamped({ x, y, span }, count) {
  const within = (value) => Math.max(0, Math.min(count - span, value));
  return { x: within(x), y: within(y), span };
}

function nearest(labelled, position, cell) {
  if (cell >= LABEL_PX || !labelled.length) return position;
  return labelled.reduce((best, one) => (Math.abs(one - position) < Math.abs(best - position) ? one : best));
}

function niceWhole(rough) {
  if (rough <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? 10 * power;
}
