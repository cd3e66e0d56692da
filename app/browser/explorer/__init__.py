"""Explore, as a component: its JavaScript is served from beside this file."""

STYLES = ("explorer.css", "drawer.css", "table.css", "search.css", "panes.css")
"""Its style sheets, in the order in which they are read."""
