"""The HTTP interface for other programs: one request, one call of a verb, one answer."""
