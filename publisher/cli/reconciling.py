"""A published report beside the log: each printed figure, what is counted, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, print_table, say, stop
from publisher.items.tables import UnreadableTable
from publisher.reports.content import spans
from publisher.reports.figures.parsing import plain
from publisher.reports.filling.opening import row
from publisher.reports.printed import BadPrinted, Printed, parse_printed, read_printed
from publisher.reports.reconciliation import Compared, numbers, reconcile, rows
from publisher.reports.report import Report
from publisher.reports.rules import Rule
from publisher.wording import sentence, system_reason

ROW = ("number", "date", "event", "channel", "column", "issue", "title", "address")
"""What is shown of an entry that was counted."""


def printed_figures(file: Path | None, given: Sequence[str]) -> list[Printed]:
    """What a file and the command line name; stops the command where something of it cannot be read."""
    try:
        found = read_printed(file.name, file.read_bytes()) if file is not None else []
        return [*found, *map(parse_printed, given)]
    except UnreadableTable as error:
        stop(error.text, Exit.USAGE)
    except BadPrinted as error:
        _stop_for(error)
    except OSError as error:
        reason = system_reason(error)
        stop(Text("The file {path} cannot be read: {reason}.", path=file, reason=reason), Exit.USAGE)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All printed figures beside ours."""

    report: Report
    compared: Sequence[Compared]

    @classmethod
    def of(cls, report: Report, printed: Sequence[Printed]) -> Reconciliation:
        return cls(report, reconcile(report, printed))

    @property
    def differing(self) -> list[Compared]:
        return [one for one in self.compared if one.is_supported is False]

    @property
    def status(self) -> Exit:
        return Exit.REFUSED if self.differing else Exit.DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "year": self.report.year,
            "form": self.report.form.key,
            "agree": not self.differing,
            "figures": [self._content(one) for one in self.compared],
        }

    def show(self, *, has_rows: bool) -> None:
        headings = [_("Figure"), _("Name"), _("Printed"), _("Counted"), _("Backfilled"), _("Difference"), _("Holds")]
        print_table(headings, [_line(one) for one in self.compared])
        for one in self.differing if has_rows else ():
            self._show_rows(one)
        for rule in dict.fromkeys(selection.rule for one in self.compared for selection in one.selections):
            say(_rule_words(rule))
        say(self._summary())

    def _summary(self) -> Text:
        return Text(
            "{count} figures are printed: {agreeing} agree, {differing} do not, {unknown} cannot be compared.",
            count=len(self.compared),
            agreeing=sum(one.is_supported is True for one in self.compared),
            differing=len(self.differing),
            unknown=sum(one.is_supported is None for one in self.compared),
        )

    def _show_rows(self, one: Compared) -> None:
        if not one.is_counted or one.figure is None:
            return
        click.echo(f"{one.printed.key} {one.figure.label}")
        shown = (row(entry, self.report.figures) for entry in rows(self.report, one))
        names = [_("No."), _("Date"), _("Event"), _("Channel"), _("Column"), _("Issue"), _("Title"), _("Address")]
        print_table(names, [[part[name] for name in ROW] for part in shown])

    def _content(self, one: Compared) -> dict[str, Any]:
        content: dict[str, Any] = {
            "key": one.printed.key,
            "label": one.figure.label if one.figure else None,
            "kind": one.figure.kind if one.figure else None,
            "unit": one.figure.unit if one.figure else None,
            "printed": plain(one.printed.value),
            "wording": one.printed.words,
            "claim": one.printed.claim.style,
            "counted": None if one.ours is None else plain(one.ours),
            "backfilled": plain(one.backfilled),
            "difference": None if one.difference is None else plain(one.difference),
            "supported": one.is_supported,
        }
        if one.is_counted:
            content["rules"] = [selection.rule.label for selection in one.selections]
            content["rows"] = spans(numbers(self.report, one))
        return content


def _rule_words(rule: Rule) -> Text:
    if not rule.backfilled:
        return Text("Counted under {rule}: {words}", rule=rule.label, words=rule.words)
    return Text(
        "Counted under {rule}, but here backfilled entries count too. {words}", rule=rule.label, words=rule.words
    )


def _line(one: Compared) -> list[str]:
    holds = {True: "✓", False: "✗", None: "—"}[one.is_supported]
    backfilled = plain(one.backfilled) if one.is_counted else ""
    difference = "" if not one.difference else f"{one.difference:+f}"
    ours = "—" if one.ours is None else plain(one.ours)
    label = one.figure.label if one.figure else _("not in this form")
    return [one.printed.key, label, one.printed.words, ours, backfilled, difference, holds]


def _stop_for(error: BadPrinted) -> NoReturn:
    for place, text in error.mistakes:
        click.echo(f"{place}: {sentence(text)}" if place else sentence(text), err=True)
    say(Text("The printed figures cannot be read: correct them, and run it again."))
    raise SystemExit(Exit.USAGE)
