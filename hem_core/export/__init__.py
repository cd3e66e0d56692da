"""Formats: one file each, which writes examples into a folder and reads them back.

`export/<name>.py` defines:
- `write(examples, folder, *, read_image, classes, features) -> Path`. examples: one row an example; read_image: gives a
  row's picture, None where the data are none; classes: names in the order of the model's outputs; features: the columns
  that a row's model reads. What it writes lies in `folder` alone.
- `read(folder) -> (examples, read_image)`, the first two arguments that `write` takes, and CARRIES, what of them comes
  back: `_carries.Carries`.
- README, how other programs read it, and PROGRESS, what is shown while it is written.
- HAS_PICTURES = True where it writes the pictures, and `files(folder)`, id -> path, where each is a file of its own.
"""

PLUGINS = "hem.formats"
DEFINES = ("write", "README")
