"""The documentation, as it is in this version: it comes with HEM, and nothing is fetched.

Use it: from *Help* in the bar of every page.
"""
