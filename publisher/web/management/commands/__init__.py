"""Commands of ``django-admin``."""
