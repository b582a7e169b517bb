"""The channels of the office and their accounts at platforms: how each stands, pausing it, signing in there."""
