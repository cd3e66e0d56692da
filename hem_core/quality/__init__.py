"""Label quality of arrays, without a run: labels and predictions in, 1 = fine and 0 = surely wrong out."""
