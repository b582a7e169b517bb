"""The room as Django knows it: its triggers stand aside while tables are changed."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from publisher.review import guard


class ReviewConfig(AppConfig):
    name = "publisher.review"

    def ready(self) -> None:
        pre_migrate.connect(_stand_aside, sender=self)
        post_migrate.connect(_stand, sender=self)


def _stand_aside(*, using: str, **_more: Any) -> None:
    guard.remove(connections[using])


def _stand(*, using: str, **_more: Any) -> None:
    guard.install(connections[using])
