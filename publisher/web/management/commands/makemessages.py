"""Django's ``makemessages``, knowing where this program's sentences stand."""

from __future__ import annotations

from pathlib import Path

from django.core.management.commands import makemessages

KEYWORDS = (
    "BadClipping",
    "BadSubmission",
    "BadValue",
    "ChannelUnavailable",
    "ConfigurationError",
    "CredentialsRefused",
    "DamagedAsset",
    "NeverSent",
    "NotFinal",
    "NotCounted",
    "NotPossible",
    "NotReleased",
    "NotReviewed",
    "NotWrittenIn",
    "OutcomeUnknown",
    "PersonNeeded",
    "ProductRefused",
    "SettingRefused",
    "Text",
    "UnreadableManuscript",
    "UnreadableTable",
    "WrongForm",
    "message_id",
    "_error",
    "_leave_out",
    "_rows:3",
)
"""Calls whose first text is a message id; after a colon the place of the text where it is not the first."""


class Command(makemessages.Command):
    """Collects message ids into a catalogue that changes only where a message does."""

    xgettext_options = [
        *makemessages.Command.xgettext_options,
        *(f"--keyword={name}" for name in KEYWORDS),
    ]
    # A guessed translation reads well and says something else.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        path = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith('"POT-Creation-Date:')), encoding="utf-8")
