"""Retraining with a curated set, and the proof that it helped."""
