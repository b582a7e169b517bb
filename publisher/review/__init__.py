"""Review: what may go out, and the signed products of each channel."""
