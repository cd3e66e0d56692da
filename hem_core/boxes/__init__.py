"""Boxes: geometry, matching, error types and suspicion of given and predicted boxes, as arrays; no model, no picture.

Files of annotations are in `formats/`. What a run does with boxes belongs to its task.
"""
