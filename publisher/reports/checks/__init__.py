"""What a report is checked for before it may be called final."""
