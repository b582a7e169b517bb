"""Submit once, publish exactly once on every channel, count the year from the log."""
