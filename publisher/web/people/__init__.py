"""Pages on which administrators decide who belongs to the office and what they may do."""
