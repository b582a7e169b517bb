"""Previews: what readers will see on each channel, shown before it goes out."""
