"""Hard example mining while training: a loss vector and indices in, a scalar or indices out."""
