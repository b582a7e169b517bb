"""How fast and how heavy the program is, as ratios to baselines measured in the same run: ``make bench``."""
