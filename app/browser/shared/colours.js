// @ts-check
// Colours that colour-blind readers can tell apart, for both themes.

const LIGHT_STEPS = [
  "#c3d0e3",
  "#a9bfdd",
  "#90add6",
  "#7999cc",
  "#6b82c0",
  "#6b69b1",
  "#744f9c",
  "#7d3683",
  "#821f65",
  "#7f0f43",
];
const DARK_STEPS = [
  "#41506b",
  "#456482",
  "#447a92",
  "#4a9099",
  "#5fa595",
  "#83b988",
  "#abc97c",
  "#d0d673",
  "#eee27d",
  "#fff2a8",
];
const LIGHT_NAMES = [
  "#0072b2",
  "#e08f00",
  "#009e73",
  "#d55e00",
  "#cc79a7",
  "#56b4e9",
  "#6f4fa0",
  "#9a8b00",
  "#8c4a32",
  "#12456b",
  "#7fb800",
  "#b0006d",
];
const DARK_NAMES = [
  "#4aa8e8",
  "#f0b23c",
  "#2cc79b",
  "#f27f3d",
  "#e59cc6",
  "#8fd3ff",
  "#a98be0",
  "#d9cc3f",
  "#c98b6f",
  "#7b9cc4",
  "#a6dd3a",
  "#ff6fb8",
];

/** What everything is drawn with, read from the theme's variables around `element`. */
export function theme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = read("--st-background-color", "#ffffff");
  const isDark = luminance(rgb(background)) < 0.4;
  return {
    isDark,
    background,
    text: read("--st-text-color", isDark ? "#fafafa" : "#31333f"),
    accent: read("--st-primary-color", isDark ? "#7aa2ff" : "#2f5fd0"),
    font: style.fontFamily,
    faint: isDark ? "rgba(255,255,255,.10)" : "rgba(20,26,40,.10)",
    muted: isDark ? "#9aa1ad" : "#667085",
    out: isDark ? "#2b313b" : "#e6e8ec",
    steps: isDark ? DARK_STEPS : LIGHT_STEPS,
    names: isDark ? DARK_NAMES : LIGHT_NAMES,
    other: isDark ? "#6b7280" : "#a2a9b4",
    bars: isDark ? "#4a5a7a" : "#a9b6d6",
  };
}

/** Levels of a numeric column: {level (N) Uint8, edges} in `count` equal steps; NaN gets level 255. */
export function levels(values, low, high, count) {
  const out = new Uint8Array(values.length),
    scale = high > low ? count / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    out[i] = value === value ? Math.max(0, Math.min(count - 1, Math.floor((value - low) * scale))) : 255;
  }
  return out;
}

export function rgb(colour) {
  const text = colour.trim();
  if (text.startsWith("#")) {
    const long = text.length < 7 ? [...text.slice(1, 4)].map((digit) => digit + digit).join("") : text.slice(1, 7);
    return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16));
  }
  return (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
}

/** `colour` moved towards `other` by `share` (0 = itself, 1 = the other), as [r, g, b]. */
export function mixed(colour, other, share) {
  const a = rgb(colour),
    b = rgb(other);
  return a.map((value, at) => Math.round(value + (b[at] - value) * share));
}

function luminance([r, g, b]) {
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}
