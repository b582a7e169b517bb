"""From translatable texts to sentences in the reader's language."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext

from channels.errors import Text, message_id

SYSTEM_REASONS = {
    errno.EACCES: message_id("permission denied"),
    errno.EPERM: message_id("permission denied"),
    errno.EROFS: message_id("the disk is read-only"),
    errno.ENOSPC: message_id("the disk is full"),
    errno.EIO: message_id("the disk is damaged"),
    errno.ENOENT: message_id("the folder does not exist"),
    errno.ENOTDIR: message_id("the folder does not exist"),
    errno.EADDRINUSE: message_id("another program uses it"),
    errno.EADDRNOTAVAIL: message_id("this machine has no such address"),
}
"""Why the operating system refuses, as far as people meet it."""


def sentence(text: Text) -> str:
    """``text`` in the active language, its values filled in."""
    return gettext(text.template).format(**text.values)


def error_sentence(error: Mapping[str, Any] | None) -> str:
    """A delivery's stored error as a sentence; empty where there is none."""
    if not error:
        return ""
    words = sentence(Text(error["template"], **error["values"]))
    return f"{words} [{error['code']}]" if error.get("code") else words


def system_reason(error: OSError) -> str:
    """Why the operating system refused, in the active language where there is a word for it."""
    template = SYSTEM_REASONS.get(error.errno or 0)
    return gettext(template) if template else error.strerror or str(error)


def duration(length: timedelta) -> str:
    """A length of time as people say it, e.g. ``1 d 3 h``, ``2 h 5 min``, ``40 s``."""
    seconds = max(0, round(length.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return gettext("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return gettext("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if minutes:
        return gettext("{minutes} min").format(minutes=minutes)
    return gettext("{seconds} s").format(seconds=seconds)
