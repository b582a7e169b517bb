"""Looking at what is out, every day: still there, still what went out, how it fares."""
