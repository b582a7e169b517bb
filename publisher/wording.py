"""From translatable texts to sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from channels.errors import Text


def sentence(text: Text) -> str:
    """``text`` in the active language, its values filled in."""
    return gettext(text.template).format(**text.values)


def error_sentence(error: Mapping[str, Any] | None) -> str:
    """A delivery's stored error as a sentence; empty where there is none."""
    if not error:
        return ""
    words = sentence(Text(error["template"], **error["values"]))
    return f"{words} [{error['code']}]" if error.get("code") else words
