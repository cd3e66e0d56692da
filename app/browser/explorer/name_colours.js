// @ts-check
// Which names of a column get a colour of their own: those that matter for what is on screen.

const MOST_NAMES = 12;
const kept = new WeakMap(); // bus -> the slots of each list of names, so that a colour stays with its name

/** The names that are drawn in colour: codes by slot, at most 12.
 *
 *  A column with more names than colours gives them to the names with the most errors among the rows of the filter,
 *  then to the most frequent; a name keeps its colour for as long as it stays in. Columns with the same names, such as
 *  `label` and `predicted`, share them.
 *  @param {import("./bus.js").Bus} bus @param {{name: string, names: string[], values: ArrayLike<number>}} column
 *  @returns {number[]} */
export function colouredNames(bus, column) {
  if (column.names.length <= MOST_NAMES) return column.names.map((_, code) => code);
  if (!kept.has(bus)) kept.set(bus, new Map());
  const slots = kept.get(bus),
    key = column.names.join("\n"),
    filter = JSON.stringify([bus.filter, bus.counts?.filter]), // its rows may be known later than its text
    before = slots.get(key);
  if (before?.filter === filter) return before.codes;
  const codes = inSlots(before?.codes ?? [], foremost(weights(bus, column), MOST_NAMES));
  slots.set(key, { filter, codes });
  return codes;
}

/** Errors and rows of each name in the filter: {errors, rows}, one number a name. */
function weights(bus, column) {
  const sisters = ["label", "predicted"].map((name) => bus.column(name)).filter((one) => one?.names);
  const shared = sisters.filter((one) => one.names.join("\n") === column.names.join("\n")),
    columns = shared.length ? shared : [column];
  const errors = new Float64Array(column.names.length),
    rows = new Float64Array(column.names.length),
    isWrong = wrongRows(bus);
  for (const { values } of columns)
    for (let i = 0; i < bus.n; i++) {
      if (!bus.inFilter[i] || values[i] >= rows.length) continue;
      rows[values[i]]++;
      if (isWrong(i)) errors[values[i]]++;
    }
  return { errors, rows };
}

/** @returns {(row: number) => boolean} */
function wrongRows(bus) {
  const correct = bus.column("is_correct"),
    error = bus.column("error");
  if (correct?.names) {
    const wrong = correct.names.indexOf("false");
    return (row) => correct.values[row] === wrong;
  }
  return error ? (row) => error.values[row] >= 0.5 : () => false;
}

/** The codes of the most errors, then of the most rows, then in the order of the names. */
function foremost({ errors, rows }, most) {
  const order = Array.from(rows, (_, code) => code);
  return order.sort((a, b) => errors[b] - errors[a] || rows[b] - rows[a] || a - b).slice(0, most);
}

/** The wanted codes, each in the slot that it had before; newcomers take the free slots. */
function inSlots(before, wanted) {
  const stay = new Set(wanted),
    coming = wanted.filter((code) => !before.includes(code));
  const slots = Array.from(wanted, (_, slot) => (stay.has(before[slot]) ? before[slot] : null));
  return slots.map((code) => code ?? coming.shift());
}
