"""The office's own website: a folder of finished pages."""
