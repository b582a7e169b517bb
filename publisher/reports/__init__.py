"""Figures: counted from the log, each opening into the rows behind it."""
