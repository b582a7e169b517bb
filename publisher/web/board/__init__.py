"""The board: every item on every channel."""
