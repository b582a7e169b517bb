"""The web desk: pages for staff, the site for readers, and a page that says whether the program works."""
