"""What the pages call the columns of images and boxes: title and unit."""

SHARE = "of 1"
COLUMN_WORDS = {
    "loss": ("severity", SHARE),
    "suspicion": ("suspicion", SHARE),
    "suspicion_missing": ("suspicion: missing", SHARE),
    "suspicion_spurious": ("suspicion: spurious", SHARE),
    "suspicion_misplaced": ("suspicion: misplaced", SHARE),
    "suspicion_wrong_class": ("suspicion: wrong class", SHARE),
    "severity_sum": ("severity, summed", ""),
    "confidence": ("confidence", SHARE),
    "background_confidence": ("confidence on background", SHARE),
    "iou": ("IoU", SHARE),
    "cls": ("class loss", "nats"),
    "loc": ("location loss", SHARE),
    "miss": ("miss", SHARE),
    "size_px": ("size", "px"),
    "crowding": ("crowding", "boxes"),
    "border_px": ("distance to the border", "px"),
    "brightness": ("brightness", SHARE),
    "blur": ("blur", SHARE),
    "n_given": ("given boxes", "boxes"),
    "n_missed": ("missed boxes", "boxes"),
    "n_false_positive": ("false positives", "boxes"),
}
