"""What runs: bells, workers with their lanes, and the rounds of the sweep, embedded or as processes of their own."""
