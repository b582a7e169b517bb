"""What a text is looked through for before it goes out, and while it is out. Everything here only reads."""
