"""What the doctor says of freshness: who must publish what, and until when. The program itself is well all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time

from channels.errors import Text, message_id
from publisher.office import BadConfiguration, Office
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.reports.freshness.minima import MonthRow
from publisher.reports.freshness.overview import Freshness, Outcome, Row, Verdict, freshness
from publisher.reports.freshness.standard import Light

CHECK = "freshness"

REMEDY = Text("Publish there; `publisher freshness` says what was last and what limit is in force.")

ON_ROWS: tuple[tuple[Light, str, Callable[[Row], date | None]], ...] = (
    (Light.RED, message_id("Not updated in time, overdue since the day given: {names}."), lambda row: row.red_on),
    (Light.WARN, message_id("To be updated before the day given: {names}."), lambda row: row.red_on),
    (Light.EMPTY, message_id("Nothing is published there: {names}."), lambda _row: None),
)
"""What is said of rows with these lights, and which day stands behind each of them."""

OUTCOMES = {
    Outcome.HIT: message_id("An inspection would fail now: {names}."),
    Outcome.NEAR: message_id("An inspection is about to fail: {names}."),
}


def findings(office: Office, *, now: datetime) -> list[Finding]:
    """What is overdue, soon due or empty, by the standard of the office."""
    try:
        found = freshness(office, now=now)
    except BadConfiguration as error:
        remedy = Text("`publisher config check` names every mistake; before they are mended nothing is watched.")
        return [problem(CHECK, error.text, Who.ADMINISTRATOR, remedy)]
    told = [*_of_verdicts(found.verdicts), *_of_rows(found), *_of_months(found.months)]
    return told or [well(CHECK, Text("Everything that is inspected is up to date."))]


def _of_verdicts(verdicts: Sequence[Verdict]) -> Iterable[Finding]:
    for outcome, template in OUTCOMES.items():
        chosen = [verdict for verdict in verdicts if verdict.outcome == outcome]
        if chosen:
            yield warning(CHECK, Text(template, names=_list(map(_verdict, chosen))), Who.EDITOR, REMEDY)


def _of_rows(found: Freshness) -> Iterable[Finding]:
    sites = {row.channel.key for row in found.rows if row.of != "channel"}
    for light, template, day in ON_ROWS:
        rows = [row for row in found.rows if row.light == light]
        if rows:
            names = _list(_named(row, day(row), tells_site=len(sites) > 1) for row in rows)
            first = min((row.red_on for row in rows if row.red_on), default=None)
            since = datetime.combine(first, time.min, found.office.timezone) if first and light == Light.RED else None
            yield warning(CHECK, Text(template, names=names), Who.EDITOR, REMEDY, since=since)


def _of_months(months: Sequence[MonthRow]) -> Iterable[Finding]:
    late = [month for month in months if month.light in (Light.RED, Light.WARN)]
    if late:
        text = Text("Too little published in the month: {names}.", names=_list(map(_month, late)))
        remedy = Text("Ask these sections for items; `publisher freshness` says how many are missing.")
        yield warning(CHECK, text, Who.CLERK, remedy)


def _verdict(verdict: Verdict) -> str:
    count = f"{len(verdict.counted)}/{verdict.veto.at_least}"
    return f"{verdict.channel.name} · {verdict.veto.name} {count}"


def _named(row: Row, day: date | None, *, tells_site: bool) -> str:
    place = f"{row.channel.name} · {row.name}" if tells_site and row.of != "channel" else row.name
    return f"{place} ({day})" if day else place


def _month(month: MonthRow) -> str:
    return f"{month.name} {month.month.first:%Y-%m} {month.count}/{month.minimum.per_month}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
