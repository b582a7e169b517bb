"""Figures: what a report's numbers and words are, where each comes from, and what stands behind it."""
