"""A website as a folder of finished pages, which any web server can serve."""
