"""What the outputs mean: a task is one file that gives targets, the loss vector and the predictions."""

PLUGINS = "hem.tasks"
