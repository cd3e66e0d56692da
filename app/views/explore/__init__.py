"""Explore: the map, histograms, matrix and gallery.

Each view is a filter of the others: click a bar or a cell of the confusion matrix, drag a range in a histogram, or
draw a lasso on the map, and the gallery shows what is left. Tag everything that matches, or what you selected; the last
tag can be undone, also tomorrow. A double click on a picture or a point, or Enter, opens the example beside the map:
the arrows walk in the gallery's order, the keys of Review judge it there and on a picture that has the focus, Escape
closes it. The panel above the gallery says what sets a selection apart from the rest of the filter, and each of its
sentences can become a filter; "more like this" selects the nearest in the embedding. Table, beside the maps, shows any
columns, sorted by their headers, and downloads what it shows.

The search field finds words in ids, file names, labels and texts; "two words" in quotes stand beside each other, and
`/a+b$/` is a regular expression. What it finds is a filter, and is marked. The edges between the panes are dragged, or
moved by the arrow keys. Filter, selection, view, page, zoom and example are in the address; the button with the chain
copies a link to the same screen. Views, above the map, saves filter, selection and settings under a name, for
everybody.

On the embedding map the clusters are named by what sets them apart. Point at a name, or reach it by Tab and the arrows,
and a card shows three typical members; a click or Enter selects the cluster, with Shift it is added. Where points lie
over each other, contours show how dense they are; the button with the rings takes them away. Words for pictures, under
the search field, selects the pictures nearest to a description, in a run that was scored with --embedding.

A map of more than 300,000 examples shows where they crowd. A cell has the colour of its hardest example, or of its most
frequent class, and the more examples it has, the stronger its colour; the hardest examples are points over the cells.
Where the window holds fewer, each of them is a point. The button with the bars, above the map, changes between both.
"""
