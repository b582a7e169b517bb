"""What a run that took in the past has to tell: one document, or tables and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, column_name, print_table, say
from publisher.log.past import Taking, Verdict
from publisher.queue.looking.taking_in import Tally
from publisher.wording import sentence

SHOWN = 20
"""Mistakes, or things that were left out, that are printed; ``--json`` has them all."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has to tell. ``ending`` says why it ended before the end, None where it did not."""

    taking: Taking
    tally: Tally
    ending: Text | None
    is_trial: bool

    @property
    def is_complete(self) -> bool:
        return self.ending is None and not self.tally.is_cut and not self.tally.gaps

    @property
    def status(self) -> Exit:
        if self.ending is not None or (self.tally.is_cut and not self.is_trial):
            return Exit.UNDER_WAY
        return Exit.REFUSED if self.tally.gaps and not self.tally.found else Exit.DONE

    def as_json(self) -> dict[str, Any]:
        tally, run = self.tally, self.taking.run
        return {
            "channel": self.taking.channel.key,
            "year": self.taking.year,
            "dry_run": self.is_trial,
            "run": run.pk if run is not None else None,
            "source": run.source if run is not None else None,
            "pages": tally.pages,
            "found": tally.found,
            "added": tally.added,
            "already": tally.verdicts[Verdict.ALREADY],
            "outside": tally.verdicts[Verdict.OUTSIDE],
            "left_out": [
                {"where": left.where, "title": left.title, "reason": sentence(left.text)} for left in tally.left_out
            ],
            "by": [
                {"month": month, "column": column, "count": count}
                for (month, column), count in sorted(tally.cells.items())
            ],
            "seen_from": _iso(tally.first),
            "seen_to": _iso(tally.last),
            "gaps": [sentence(gap) for gap in tally.gaps],
            "complete": self.is_complete,
            "ended_early": sentence(self.ending) if self.ending else None,
        }

    def show(self) -> None:
        if self.tally.cells:
            print_table(*_matrix(self.tally))
        left_out = [(left.where, left.title, sentence(left.text)) for left in self.tally.left_out]
        if left_out:
            print_table([_("Place"), _("Left out"), _("Reason")], left_out[:SHOWN])
            say_more(len(left_out))
        say(self._summary())
        for gap in self.tally.gaps[:SHOWN]:
            say(Text("The year may hold more than this. {reason}", reason=sentence(gap)))
        say_more(len(self.tally.gaps))
        if self.ending is not None:
            say(self.ending)
        elif self.tally.is_cut and not self.is_trial:
            say(Text("The limit is reached: run it again, and it goes on where it is."))

    def _summary(self) -> Text:
        values: dict[str, object] = {
            "channel": self.taking.channel.name,
            "year": self.taking.year,
            "found": self.tally.found,
            "added": self.tally.added,
            "already": self.tally.verdicts[Verdict.ALREADY],
            "outside": self.tally.verdicts[Verdict.OUTSIDE],
            "left_out": len(self.tally.left_out),
        }
        if self.is_trial:
            return Text(
                "{channel}, {year}: {found} found, {added} would be added, {already} are in the log already, {outside} "
                "belong to other years, {left_out} are left out. Nothing was written.",
                **values,
            )
        return Text(
            "{channel}, {year}: {found} found, {added} added, {already} are in the log already, {outside} belong to "
            "other years, {left_out} are left out.",
            **values,
        )


def _matrix(tally: Tally) -> tuple[list[str], list[list[object]]]:
    """Months by columns, with sums."""
    columns = sorted({column for _month, column in tally.cells})
    months = sorted({month for month, _column in tally.cells})
    headings = [_("Month"), *(column_name(column) if column else _("no column") for column in columns), _("Sum")]
    rows: list[list[object]] = [
        [month, *(tally.cells[month, column] for column in columns), sum(tally.cells[month, c] for c in columns)]
        for month in months
    ]
    sums = [sum(tally.cells[month, column] for month in months) for column in columns]
    return headings, [*rows, [_("Sum"), *sums, sum(sums)]]


def say_more(count: int) -> None:
    """How many were not printed."""
    if count > SHOWN:
        say(Text("… and {count} more.", count=count - SHOWN))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
