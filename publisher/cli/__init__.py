"""The command line: one command, one call of a verb, one answer.

Exit status: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 still under way.
"""

from __future__ import annotations

import gettext
import os
import sys
from importlib import import_module
from pathlib import Path

import django
from django.utils import translation

from channels.errors import ConfigurationError, Text

LOCALE = Path(__file__).parents[1] / "locale"


def main() -> None:
    """Entry point of the ``publisher`` command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publisher.settings")
    try:
        django.setup()
    except (ConfigurationError, OSError) as error:
        words = _sentence(error.text) if isinstance(error, ConfigurationError) else error
        sys.stderr.write(f"publisher: {words}\n")
        raise SystemExit(2) from None
    translation.activate(language())
    _let_click_speak()
    # These import tables, which exist only after django.setup(); the application stands above this room.
    import_module("publisher.celery")
    import_module("publisher.cli.commands").run()


def language() -> str:
    """English where the terminal's locale asks for it, else Chinese."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "en" if next(filter(None, names), "").lower().startswith("en") else "zh-hans"


def _let_click_speak() -> None:
    """Click takes its words from the catalogue that gettext knows by the process's language and domain."""
    if language() != "en":
        os.environ["LANGUAGE"] = "zh_Hans"
        gettext.bindtextdomain("commands", LOCALE)
        gettext.textdomain("commands")


def _sentence(text: Text) -> str:
    """``text`` translated without Django, which cannot do it where there are no settings."""
    languages = [] if language() == "en" else ["zh_Hans"]
    catalogue = gettext.translation("django", LOCALE, languages, fallback=True)
    return catalogue.gettext(text.template).format(**text.values)
