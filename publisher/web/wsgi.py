"""The WSGI application, for the program's own server and for any other."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publisher.settings")

application = get_wsgi_application()
