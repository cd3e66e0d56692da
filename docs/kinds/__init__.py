"""What the site has pages for: one kind of item a file, read from the items' own files; no list of items is kept here.

A kind defines TITLE, INTRO, `pages() -> {name: Markdown}` and `missing() -> [what has no words]`.
"""
