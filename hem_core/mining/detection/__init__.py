"""Hard example mining inside a detector: regions and anchors."""
