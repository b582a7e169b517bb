"""The newspaper: a complete package of files, handed over in a folder."""
