"""Formats: one file each, `write(examples, folder, *, read_image, classes, features)` and `README`, how it is read.

examples: one row an example; read_image: gives a row's picture, None where the data are none; classes: names in the
order of the model's outputs; features: the columns that a row's model reads. What it writes lies in `folder` alone.
A format that writes the pictures, where there are any, says so with HAS_PICTURES.
"""

PLUGINS = "hem.formats"
DEFINES = ("write", "README")
