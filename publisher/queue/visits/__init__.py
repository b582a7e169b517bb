"""One visit of a delivery to its channel: taking it in hand, asking the channel, remembering each step."""
