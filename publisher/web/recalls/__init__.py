"""Pages on which items are taken back everywhere, and every channel gets its evidence."""
