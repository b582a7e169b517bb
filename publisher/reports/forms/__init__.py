"""Official forms: data files tied to report years, filled with figures, checked, and frozen when they are final."""
