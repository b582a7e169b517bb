"""Pages of drafts: where staff write, drop their files, and send up."""
