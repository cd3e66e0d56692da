"""Add data: a run is made here, from a file or folder on this machine or one that is dropped on the page.

Predictions of a model on labelled examples are enough: a table with a column for each class, a Parquet file of lists,
predicted numbers or tags, COCO's annotations with results; or a train function, which is trained on folds. The page
shows the first rows, which columns were recognised and what is missing; all of it can be changed. The command below
the form does the same in a terminal. The scoring runs in the background: the page can be left, and Jobs lists it. In an
empty workspace this is the first page.
"""
