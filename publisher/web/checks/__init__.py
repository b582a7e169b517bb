"""Pages about what the checks find: in a draft, in an item, in what is out, and the lists they go by."""
