"""The book: what happened, entry after entry; it only grows and outlives everything it speaks of."""
