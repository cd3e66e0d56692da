"""Colours and sizes: the options that the server sets, and the palette of the figures."""

from collections.abc import Iterable

THEME: dict[str, object] = {
    "theme.base": "light",
    "theme.baseFontSize": 14,
    "theme.baseRadius": "6px",
    "theme.buttonRadius": "6px",
    "theme.metricValueFontSize": "1.6rem",
    "theme.metricValueFontWeight": 600,
    "theme.headingFontSizes": ["1.5rem", "1.2rem", "1.05rem", "1rem", "0.9rem", "0.85rem"],
    "theme.headingFontWeights": [600, 600, 600, 600, 600, 600],
    "theme.light.primaryColor": "#2f5fd0",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f5f7",
    "theme.light.textColor": "#1c2127",
    "theme.light.borderColor": "#dde0e5",
    "theme.dark.primaryColor": "#5686ee",
    "theme.dark.backgroundColor": "#14171c",
    "theme.dark.secondaryBackgroundColor": "#1e232a",
    "theme.dark.textColor": "#e6e8eb",
    "theme.dark.borderColor": "#343b45",
}

RIGHT, WRONG = "#6c8ebf", "#d55e00"
"""Predicted as labelled, and not: told apart by every kind of colour vision, in both themes."""

REASONS: dict[str, str] = {
    "mislabelled": "#d55e00",
    "suspect_label": "#d55e00",
    "biased": "#0072b2",
    "ambiguous": "#cc79a7",
    "outlier": "#009e73",
    "rare": "#e69f00",
    "subtle": "#56b4e9",
    "unsure": "#8d79c7",
    "easy": "#9aa4b1",
}
"""The reasons in the order in which they are shown."""

GREY = "#9aa4b1"


def in_order(reasons: Iterable[str]) -> list[str]:
    """Reasons as they are shown: those of REASONS in its order, then those of other tasks by name."""
    found = set(reasons)
    return [*(name for name in REASONS if name in found), *sorted(found - REASONS.keys())]


def reason_colours(is_grey: bool) -> dict[str, str]:
    """The colour of each reason; all grey when the reasons are not to be trusted."""
    return dict.fromkeys(REASONS, GREY) if is_grey else REASONS


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">'
    '<rect width="32" height="32" rx="7" fill="#2f5fd0"/><g fill="none" stroke="#fff" stroke-width="2.6">'
    '<circle cx="16" cy="16" r="9"/><circle cx="16" cy="16" r="3.4"/></g></svg>'
)
"""The page's icon, drawn here: named icons are fetched from the internet."""

CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding: 4.1rem 1.4rem 2rem; max-width: none; }
/* After a click beside everything, the page itself has the focus: a key is no reason to frame it. */
[data-testid="stMain"]:focus-visible { outline: none; box-shadow: none; }
/* Streamlit fades what a running script has not drawn again yet: the page stays readable while Python follows. */
[data-testid="stElementContainer"][data-stale="true"] { opacity: 1 !important; transition: none !important; }
/* The skeleton of a page stands until the first part of the page follows it. */
.hem-page-skeleton { display: grid; grid-template-columns: 3fr 2fr; gap: 1rem; padding-top: .4rem; }
.hem-page-skeleton i { height: 5.4rem; border-radius: 6px; background: rgba(128,138,150,.16);
  animation: hem-pulse 1.4s ease-in-out infinite alternate; }
.hem-page-skeleton i:first-child { grid-column: 1 / -1; }
.hem-page-skeleton i:nth-child(n+2) { height: 42vh; }
[data-testid="stElementContainer"]:has(.hem-page-skeleton):not(:last-child):not(:has(+ * [data-testid="stSkeleton"])) {
  display: none; }
[data-testid="stElementContainer"]:has(.hem-page-skeleton) + :has([data-testid="stSkeleton"]) { display: none; }
@keyframes hem-pulse { from { opacity: .45; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .hem-page-skeleton i { animation: none; } }
[data-testid="stMetric"] { padding: 0 .1rem; font-variant-numeric: tabular-nums; }
[data-testid="stMetricLabel"] { opacity: .75; }
[data-testid="stMetricLabel"] p, [data-testid="stMetricDelta"] > div, [data-testid="stMetricDelta"] p {
  white-space: normal; overflow: visible; text-overflow: clip; line-height: 1.25; }
[data-testid="stMetricDelta"] { height: auto; max-width: 100%; }
[data-testid="stTable"] td:first-of-type { padding-left: 1rem; }
/* Small grey text has a contrast of 4.5 or more on the page, in both themes. */
[data-testid="stCaptionContainer"] { color: inherit; opacity: 1; }
[data-testid="stCaptionContainer"] > * { opacity: .74; }
@media (prefers-color-scheme: light) { /* the theme is that of the system; in dark figures are light enough */
  [data-testid="stPlotlyChart"] :is(.xtick, .ytick, .legend) text, [data-testid="stPlotlyChart"] text:is(.xtitle,
    .ytitle, .bartext-outside, .annotation-text, .cbtitle) { fill: #5c6370 !important; }
}
/* The bar above all pages stays one line: what the run is gives way. */
@media (min-width: 860px) {
  .st-key-frame { flex-wrap: nowrap !important; }
  .st-key-frame > :has([data-testid="stCaptionContainer"]) { min-width: 0; flex-shrink: 10; overflow: hidden; }
  .st-key-frame [data-testid="stCaptionContainer"] p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .st-key-frame > :has(.hem-guide), .st-key-frame > :has([data-testid="stHtml"]) { flex: none; white-space: nowrap; }
}
[data-testid="stCode"] .token { color: inherit !important; }
/* White on the primary colour of the dark theme. */
[data-testid^="stBaseButton-primary"] { background-image: linear-gradient(rgba(0,0,0,.18), rgba(0,0,0,.18)); }
[data-testid="stHtml"] a { color: inherit; text-decoration-color: rgba(128,138,150,.7); text-underline-offset: 2px; }
[data-testid="stHtml"] a:hover { text-decoration-color: currentColor; }
/* One ring of the focus for all that keys reach. */
:is(button, a, summary, [role="button"], [role="tab"], [role="radio"]):focus-visible {
  outline: 2px solid #5686ee; outline-offset: 1px; }
.hem-name { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; }
.hem-name label { display: grid; gap: .3rem; font-size: .875rem; }
.hem-name :is(input, button) { font: inherit; color: inherit; height: 2.4rem; border-radius: 6px;
  border: 1px solid rgba(128,138,150,.45); background: transparent; padding: 0 .75rem; }
.hem-name input { width: 16rem; background: rgba(128,138,150,.12); }
.hem-name button { background: #2a52be; border-color: transparent; color: #fff; cursor: pointer; }
.hem-name :is(input, button):focus-visible { outline: 2px solid #5686ee; outline-offset: 1px; }
[class*="st-key-facts"] { padding-bottom: .6rem; }
[class*="st-key-facts"] table { width: 100%; border: none; margin: 0; }
[class*="st-key-facts"] thead { display: none; }
[class*="st-key-facts"] tr { border: none; }
[class*="st-key-facts"] td { border: none; padding: .14rem 0; vertical-align: top; overflow-wrap: anywhere; }
[class*="st-key-facts"] td:first-child { width: 1%; white-space: nowrap; opacity: .66; padding-right: 1.4rem; }
</style>
"""

SKELETON = '<div class="hem-page-skeleton" role="status" aria-label="loading"><i></i><i></i><i></i></div>'
"""What stands in a page's place until its first part has come."""

PAST = """
<style>
.hem-past { display: flex; gap: .7rem; align-items: center; min-height: 2.6rem; line-height: 1.35; }
.hem-past img { width: 2.6rem; height: 2.6rem; object-fit: contain; border-radius: 4px; flex: none; }
.hem-past > div { min-width: 0; overflow-wrap: anywhere; }
.hem-past .is-undone { text-decoration: line-through; opacity: .6; }
.hem-past-how, .hem-past small { opacity: .72; font-size: .86em; }
.hem-past em { font-style: normal; margin-left: .5em; padding: 0 .45em; border-radius: 4px;
  background: rgba(128,138,150,.18); }
[class*="st-key-past_"] { border-bottom: 1px solid rgba(128,138,150,.25); padding-bottom: .35rem; }
</style>
"""
"""How the actions of History look."""
