"""A year in the log of any size, and what counting it costs in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from publisher.cli import sheets
from publisher.log import actions as log
from publisher.log import repetitions
from publisher.log.events import Event
from publisher.log.models import LogEntry, LogHead
from publisher.office import Office, get_office
from publisher.reports import counts
from publisher.reports.counts import Selection
from publisher.reports.periods import Period
from publisher.reports.rules import rule
from publisher.reports.tallies import Tally
from tests.benchmarks.filling import bulk, copy_row, without_indexes
from tests.benchmarks.year import STATEMENTS, YEAR, answer, columns

CUTS = ["channel", "column", "event"]
ENTRIES = LogEntry._meta.db_table
BY_HAND = "by_hand"
PAGE = "all numbers of the page of statistics"

UNREAD = ("canonical", "previous", "hash", "digest")
"""Left out of the copies: no count reads them, and they are most of an entry."""

SUBJECT = log.Subject(
    item=1,
    revision=1,
    title="攀枝花市科学技术和知识产权局关于组织申报科技计划项目的通知",
    section="办公室",
    column_name="工作动态",
    column_class="政务动态",
    disclosure="proactive",
    digest="0" * 64,
)
PROOF = log.Proof(remote_id="4815162342", url="http://127.0.0.1:8000/site/dynamics/t20200101_1.html", evidence="E2")

BATCH = 500
"""PostgreSQL keeps every state of the head of a log until the transaction ends, and reads them all."""
PATIENCE_MS = 20_000.0


def fill_year(rows: int) -> int:
    """Bring the year up to ``rows`` entries, copies of a real one without their hashed text, which no count reads."""
    office = get_office()
    first = LogEntry.objects.filter(office=office.slug, year=YEAR).count()
    with transaction.atomic():
        original = log.record(office, Event.SUBMITTED, SUBJECT, actor="benchmark", proof=PROOF)
    with bulk() as cursor, without_indexes(LogEntry):
        pk = LogEntry.objects.get(office=office.slug, seq=original.seq).pk
        numbers = {"id": f"{pk + 1 - first} + n", "seq": f"{original.seq + 1 - first} + n"}
        own = {**columns(), **numbers, "happened_on": _day(), **dict.fromkeys(UNREAD, "''")}
        copy_row(cursor, LogEntry, pk, first, rows, own)
        LogHead.objects.filter(office=office.slug).update(seq=original.seq + rows - first)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [ENTRIES, pk + rows - first])
        repetitions.renew()
        _copy_for_hand()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So that a busy machine makes figures worse, not none.
            cursor.execute("SET statement_timeout = 0")
    return LogEntry.objects.filter(office=office.slug, year=YEAR).count()


def _day() -> str:
    """The day of row n as the database keeps days."""
    of = columns()
    text = " || '-' || ".join(
        [f"'{YEAR}'", *(f"SUBSTR(CAST(100 + {of[part]} AS TEXT), 2)" for part in ("month", "day"))]
    )
    return text if connection.vendor == "sqlite" else f"CAST({text} AS DATE)"


def _copy_for_hand() -> None:
    """The year once more in a table with one index, which holds what the statements by hand ask for and no more."""
    names = '(office, year, event, channel, "column", item)'
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {BY_HAND}")
        chosen = f'SELECT office, year, event, channel, "column", item FROM {ENTRIES} WHERE year = {YEAR}'
        cursor.execute(f"CREATE TABLE {BY_HAND} AS {chosen}")
        cursor.execute(f"CREATE INDEX benchmark ON {BY_HAND} {names}")


def time_year(count: int) -> dict[str, Any]:
    """``count YEAR --json``, without starting the program."""
    return _timed(count, _told)


def time_year_by_hand(count: int) -> dict[str, Any]:
    """The same answer by statements written by hand, on an index with no more than what they ask for."""
    with connection.cursor() as cursor:
        return _timed(count, partial(_by_hand, cursor))


def time_figures(count: int) -> dict[str, list[float]]:
    """Other questions about the year, and opening what they count."""
    office, whole = get_office(), _selection()
    quarter = _selection(Period.of_quarter(YEAR, 2))
    cell = whole.within({"channel": "weibo", "column": "column-07"})
    calls: dict[str, Callable[[], object]] = {
        PAGE: partial(_page_of_statistics, office, whole),
        "count by month": partial(counts.count_by, office, whole, ["month"]),
        "count of a quarter": partial(counts.count, office, quarter),
        "count of what is still out": partial(counts.count, office, whole.under(rule("live", on=whole.period.last))),
        "count of items": partial(counts.count, office, whole.under(rule("disclosed", on=whole.period.last))),
        "first page of the year": partial(counts.page, office, whole),
        "a page in the middle": partial(counts.page, office, whole, after=_middle()),
        "first page of one channel and column": partial(counts.page, office, cell),
    }
    return {name: _timed(count, call)["took"] for name, call in calls.items()}


def _page_of_statistics(office: Office, selection: Selection) -> None:
    """All the numbers of the page: totals, a table with its margins, months by channel, and the days of a year."""
    tally = Tally(office, selection)
    asked: list[object] = [tally.totals]
    for cut in (("channel",), ("column", "channel"), ("column",), ("month", "channel"), ("day", "column")):
        asked.append(tally.by(*cut))


def write_entries(count: int) -> int:
    """Entries one by one, each in the chain, a few hundred in a transaction."""
    office = get_office()
    for first in range(1, count + 1, BATCH):
        with transaction.atomic():
            for number in range(first, min(first + BATCH, count + 1)):
                subject = log.Subject(
                    item=number, revision=1, title=f"第{number}条", channel="portal", column="dynamics"
                )
                log.record(office, Event.PUBLISHED, subject, actor="benchmark", proof=log.Proof(evidence="E2"))
    return count


def _told() -> dict[str, Any]:
    document = sheets.of_cells(get_office(), YEAR, _selection(), CUTS).document()
    rows = sorted([*(row[name] for name in CUTS), row["count"]] for row in document["rows"])
    return {name: document[name] for name in ("items", "publications", "handed_over")} | {"rows": rows}


def _by_hand(cursor: CursorWrapper) -> dict[str, Any]:
    found = []
    for statement in STATEMENTS:
        cursor.execute(statement.format(table=BY_HAND, office=get_office().slug))
        found.append(cursor.fetchall())
    return answer(found)


def _selection(period: Period | None = None) -> Selection:
    period = period or Period.of_year(YEAR)
    return Selection(period, rule(on=period.last))


def _middle() -> int:
    """The number of an entry half way through the year."""
    head = LogHead.objects.get(office=get_office().slug)
    return head.seq // 2


def _timed(count: int, call: Callable[[], Any]) -> dict[str, Any]:
    """``call`` timed up to ``count`` times, less often where that would take long; and what it returned."""
    took: list[float] = []
    returned = None
    while len(took) < count and sum(took) < PATIENCE_MS:
        begun = time.perf_counter()
        returned = call()
        took.append((time.perf_counter() - begun) * 1000)
    return {"took": took, "answer": returned}
