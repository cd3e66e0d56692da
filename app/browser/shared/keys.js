// @ts-check
// The keys of the whole app, once: what listens to a key takes it from here, and the sheet of keys (`?`) lists the
// same.

/** A key: what the browser calls it, what is asked for when it is pressed, and both as people read them.
 *  @typedef {{key: string, asks: string, shown?: string, words: string}} Key
 *  A part of the sheet: what is pressed, and what it does.
 *  @typedef {{title: string, rows: string[][]}} Section */

/** Review: one example, no class to choose. @type {Key[]} */
export const PLAIN = [
  { key: "0", asks: "clear", words: "clear the verdict" },
  { key: "u", asks: "undo", shown: "U or Ctrl Z", words: "undo the last action of this window, also one in Explore" },
  { key: "n", asks: "next open", words: "the next one without a verdict" },
  { key: "b", asks: "blind", words: "blind: name the class without seeing label, prediction and suspicion" },
  { key: "p", asks: "plain", words: "plain: the picture without the boxes drawn into it" },
  { key: "?", asks: "help", words: "these keys" },
];

/** Review: which neighbour. @type {Key[]} */
export const WALK = [
  { key: "ArrowLeft", asks: "previous", shown: "←", words: "previous" },
  { key: "ArrowRight", asks: "next", shown: "→", words: "next" },
];

/** Review of boxes: what is seen of them, and a new one. @type {Key[]} */
export const BOXES = [
  { key: "a", asks: "add object", words: "add an object that is missing in the picture: draw its box, then name it" },
  {
    key: "z",
    asks: "close",
    words: "zoom to the boxes of this row, or back; the wheel zooms, dragging moves the picture",
  },
  { key: "o", asks: "others", words: "show or hide the other boxes of the picture; a click on one opens it" },
  { key: "l", asks: "unsure", words: "show or hide predictions that are less sure" },
];

/** Review: while a box is drawn. @type {Key[]} */
export const EDIT = [
  { key: "c", asks: "relabel", words: "another class for this box" },
  { key: "u", asks: "undo", shown: "U or Ctrl Z", words: "take back the last step" },
  { key: "Delete", asks: "remove object", shown: "Del", words: "take away an object that was added" },
  { key: "Backspace", asks: "remove object", words: "" },
  { key: "Enter", asks: "save", words: "save" },
  { key: "Escape", asks: "cancel", shown: "Esc", words: "leave the box as it was" },
  { key: "z", asks: "close", words: "" },
  { key: "o", asks: "others", words: "" },
  { key: "l", asks: "unsure", words: "" },
  { key: "?", asks: "help", words: "" },
];

/** What each key asks for. @param {Key[]} keys @returns {Record<string, string>} */
export const asked = (keys) => Object.fromEntries(keys.map((one) => [one.key, one.asks]));

/** The rows of the sheet; a key without words stands elsewhere already. @param {Key[]} keys */
export const listed = (keys) =>
  keys
    .filter((one) => one.words)
    .map((one) => [one.shown ?? (one.key.length > 1 ? one.key : one.key.toUpperCase()), one.words]);

/** Review with the verdicts that the workspace offers. blind: those that need no class; hasBoxes, hasTags: what a row
 *  is. @returns {Section[]} */
export function reviewSections(verdicts, { isDrawn = false, blind = [], hasBoxes = false, hasTags = false } = {}) {
  const given = hasTags
    ? TAG_ROWS
    : verdicts.map((one) => [one.key, one.meaning + (asksClass(one) ? CLASS_WORDS : "")]);
  const plain = PLAIN.filter((one) => isDrawn || one.asks !== "plain");
  return [
    { title: "Review", rows: [...given, ...listed(plain), ...listed(WALK), ...(hasBoxes ? listed(BOXES) : [])] },
    ...(hasBoxes ? [{ title: "Review: while a box is drawn", rows: [...DRAG_ROWS, ...listed(EDIT)] }] : []),
    {
      title: "Review: the blind question",
      rows: [
        ["letters", "search a class; Enter accepts the marked one, ↑ ↓ mark another"],
        ["1 … 9", "the class with this key, where classes have keys"],
        ...blind.map((one) => [`⇧${one.key}`, one.meaning]),
        ["Ctrl Z", "undo; after an answer, U undoes too and Enter continues"],
      ],
    },
  ];
}

const asksClass = (one) => one.name === "mislabelled" || one.asks === "class";
const CLASS_WORDS =
  ": then Enter accepts the suggested class, its key or a click takes another; type to search; Esc goes back";
const TAG_ROWS = [
  ["1 … 9", "toggle the tag with this digit"],
  ["/", "search another tag: type, Enter toggles the first, Esc goes back"],
  ["Enter", "confirm the set: right where it is as given, else label wrong with the set in its place"],
  ["⇧2 … ⇧7", "hard, ambiguous, outlier, duplicate, skip"],
];
const DRAG_ROWS = [
  ["drag", "an edge or a corner moves it, inside moves the box, outside draws a new one; ⇧ drag moves the picture"],
  ["← ↑ → ↓", "move the box, or the corner or edge that is marked, by 1 px; with ⇧ by 10 px"],
  ["Tab", "mark the next corner or edge"],
];

/** @type {Section[]} */
export const EXPLORE = [
  {
    title: "Explore: map and figures",
    rows: [
      ["drag", "select with the lasso or the box, or move the map, as chosen above it; the wheel zooms"],
      ["click", "pick one row; with ⇧ or Ctrl, add it to the picked ones; beside the points, let go"],
      ["double click", "open the row; beside the points, the whole map again"],
      ["Esc", "let go of what is picked, then of what is selected"],
      ["Ctrl Z", "undo the last action of this window, also one on many rows"],
    ],
  },
  {
    title: "Explore: gallery and table",
    rows: [
      ["Tab", "from tile to tile, into the table"],
      ["↑ ↓ PgUp PgDn", "in the table, from row to row; Home and End lead to its ends"],
      ["Space", "pick the row; with ⇧ all from the last one, with Ctrl one more"],
      ["0 … 9, U", "the verdict of the row, as in Review; undo"],
      ["Enter", "open the row in the drawer; in the search field, search now"],
      ["E", "enlarge the picture"],
      ["M", "more like this: the nearest rows in the embedding"],
    ],
  },
  {
    title: "Explore: drawer",
    rows: [
      ["← →", "the row before, the next one"],
      ["0 … 9, U", "verdicts and undo, as in Review, with all its other keys"],
      ["E", "enlarge the picture"],
      ["Esc", "close it; the focus goes back to the row"],
    ],
  },
  {
    title: "Explore: edges between the panes",
    rows: [
      ["← →", "move the edge; Home and End as far as it goes"],
      ["Enter", "the width that it had at first"],
    ],
  },
  {
    title: "Explore: an enlarged picture",
    rows: [
      ["← →", "the row before, the next one"],
      ["+ −", "zoom in, zoom out; the wheel does too"],
      ["0", "the whole picture"],
      ["1 … 9", "show or hide what is drawn into it"],
      ["Esc", "close it"],
    ],
  },
];

/** @type {Section} */
export const EVERYWHERE = {
  title: "Everywhere",
  rows: [
    ["?", "these keys"],
    ["Tab", "the next button or field; ⇧ Tab the one before"],
    ["Esc", "close what lies over the page"],
  ],
};
