"""The calendar: what goes out when, and what has gone out."""
