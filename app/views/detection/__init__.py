"""Detection: the boxes of a run at any threshold of confidence and IoU.

The two sliders judge all boxes again, out of what the run has stored: true and false positives, missed boxes, TIDE's
types of error with what each costs, precision and recall, the confusion matrix with the row and the column "none", and
the miss rate and precision by any attribute (size, crowding, brightness, your own columns). Curves and average
precision of each class stand beside them. A click on a bar, a cell or a point of a table opens these very boxes in
Explore. The tab is there for runs whose task has boxes.
"""
