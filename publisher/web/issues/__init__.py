"""Issues of newspaper columns: the calendar of a year, and one issue with what can be done about it."""
