"""Colours and sizes: the options that the server sets, and the palette of the figures."""

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
    "theme.dark.primaryColor": "#7aa2ff",
    "theme.dark.backgroundColor": "#14171c",
    "theme.dark.secondaryBackgroundColor": "#1e232a",
    "theme.dark.textColor": "#e6e8eb",
    "theme.dark.borderColor": "#343b45",
}

RIGHT, WRONG = "#6c8ebf", "#d55e00"
"""Predicted as labelled, and not: told apart by every kind of colour vision, in both themes."""

REASONS: dict[str, str] = {
    "mislabelled": "#d55e00",
    "ambiguous": "#cc79a7",
    "outlier": "#009e73",
    "rare": "#e69f00",
    "subtle": "#56b4e9",
    "unsure": "#8d79c7",
    "easy": "#9aa4b1",
}
"""The reasons in the order in which they are shown."""

CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding: 4.6rem 2rem 2rem; max-width: none; }
[data-testid="stMetric"] { padding: .7rem .9rem; }
[data-testid="stMetricLabel"] { opacity: .75; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
</style>
"""
