"""How fresh everything is that inspectors look at: by which standard, since when, and what has to be done."""
