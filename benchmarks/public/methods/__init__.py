"""Methods that rank labels by how likely they are wrong: a file each, from `Evidence` to (N,) numbers."""
