"""Explore, as a component: its JavaScript is served from beside this file."""
