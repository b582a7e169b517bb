"""Breaks the program on purpose and lets the books of the platforms, the site and the newspaper's folder judge it."""
