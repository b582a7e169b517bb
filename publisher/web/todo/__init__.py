"""What there is to do for whoever is signed in: the first page."""
