"""Visits of the websites, counted from their web servers' logs: page views and visitors a day, robots left out."""
