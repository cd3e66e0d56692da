// @ts-check
// Texts in the cells of a CSV file: none that a spreadsheet would run as a formula. hem_core/cells.py agrees.

// Spreadsheets skip blanks and invisible characters before a formula, and read the full-width and small signs too.
const BLANK =
  "[\\x00-\\x20\\x7f-\\xa0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff]";
const SIGN = "[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20\\ufe66\\ufe62\\ufe63\\ufe6b]";
const RISKY = new RegExp(`^(?:${BLANK}*${SIGN}|[\\t\\r\\n'])`);

/**
 * The text with an apostrophe before it where a spreadsheet would run it, or where it begins with an apostrophe.
 * @param {string} text
 */
export function safeCell(text) {
  return RISKY.test(text) ? `'${text}` : text;
}

/**
 * A table as CSV text: numbers as they are (NaN is an empty cell), texts as safe cells.
 * @param {string[]} header
 * @param {unknown[][]} rows
 */
export function csv(header, rows) {
  /** @param {unknown} value */
  const cell = (value) => {
    if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
    const text = safeCell(String(value ?? ""));
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
