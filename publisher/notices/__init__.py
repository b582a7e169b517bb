"""Notices: what needs somebody's hand and is easily overlooked. Shown to do at the desk, and sent to people once."""
