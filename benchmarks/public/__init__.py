"""A public table of label-error detection: data sets, noise models and methods, a file each."""
