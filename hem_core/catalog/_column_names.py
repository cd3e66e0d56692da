"""What the columns of inputs, labels and ids are called in data that come from Python."""

INPUTS = ("images", "x", "X", "data", "inputs", "features", "image", "input", "pixel_values")
LABELS = ("labels", "y", "targets", "label", "target", "class", "tags")
IDS = ("ids", "id")
CLASSES = b"hem.classes"
"""Key in a table's metadata of the class names that its label indices stand for, one a line."""
NAME, SOURCE, FOLDER = b"hem.name", b"hem.source", b"hem.folder"
"""Keys of the data's name, of what they were read from, and of the folder at which paths of pictures begin."""
