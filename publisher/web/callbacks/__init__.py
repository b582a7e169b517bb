"""Where platforms call by themselves."""
