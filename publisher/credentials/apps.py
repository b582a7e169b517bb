"""The room as Django knows it: channels ask it for what it keeps."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig

from channels.secret import Secret


class CredentialsConfig(AppConfig):
    name = "publisher.credentials"

    def ready(self) -> None:
        # Loaded now: before that there are no models.
        Secret.desk = staticmethod(import_module("publisher.credentials.keeping").reveal)
