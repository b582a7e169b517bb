"""The people of an office: who belongs to it, in which roles, and what these roles may do."""
