"""Filling the tables with what years of work leave behind, by copying one real finished delivery in SQL.

The copies have every column of the original but their own numbers and keys, so that new columns need no change here.
Their hashes are not chained: nothing that is measured reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from publisher.items.models import Item, Revision
from publisher.log import guard
from publisher.log.models import LogEntry, LogHead
from publisher.office import get_office
from publisher.queue.models import Delivery
from publisher.queue.states import State
from publisher.review.models import ChannelProduct, Release
from tests.benchmarks.costs import publish
from tests.benchmarks.province import ACCOUNTS

REAL = 100_000_000
"""Real rows are numbered from here on, the copies, which stand for older ones, below."""

MODELS: tuple[type[Model], ...] = (Item, Revision, Release, ChannelProduct, Delivery, LogEntry)

PAST_YEAR = 2020
"""The calendar year all copied entries of the log are counted in."""

SQLITE_HASTE = (
    "PRAGMA synchronous = OFF",
    "PRAGMA foreign_keys = OFF",
    # Otherwise every page would be written twice, and gigabytes of them at once.
    "PRAGMA journal_mode = MEMORY",
)
SQLITE_CALM = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")
POSTGRESQL_HASTE = ("SET session_replication_role = replica", "SET statement_timeout = 0")

CHANNEL = f"'weibo-' || SUBSTR('{''.join(f'{n:02d}' for n in range(1, ACCOUNTS + 1))}', 2 * (n % {ACCOUNTS}) + 1, 2)"
NUMBER = "1 + n"
PARENT = f"1 + n / {ACCOUNTS}"


def make_room() -> None:
    """Leave the low numbers to the copies; to be done before there are any rows."""
    with connection.cursor() as cursor:
        for model in MODELS:
            table = model._meta.db_table
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, REAL])
            else:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, REAL])


def fill(rows: int) -> int:
    """Bring the finished deliveries that were copied up to ``rows``, each with its steps and its entry in the log.

    Every item went to all accounts. Returns how many there are.
    """
    first = Delivery.objects.filter(pk__lt=REAL).count()
    original = Delivery.objects.filter(state=State.DONE, pk__gte=REAL).order_by("pk").first()
    if original is None:
        original = Delivery.objects.get(pk=publish(count=1, seed=0)[0])
    with bulk() as cursor:
        _copy_items(cursor, original, -(-first // ACCOUNTS), -(-rows // ACCOUNTS))
        _copy_deliveries(cursor, original, first, rows)
        _copy_log(cursor, original, first, rows)
    return Delivery.objects.filter(pk__lt=REAL).count()


def _copy_items(cursor: CursorWrapper, original: Delivery, first: int, last: int) -> None:
    release = original.product.release_id
    copy_row(cursor, Item, original.item_id, first, last, {"id": NUMBER})
    copy_row(cursor, Revision, original.revision_id, first, last, {"id": NUMBER, "item_id": NUMBER})
    copy_row(cursor, Release, release, first, last, {"id": NUMBER, "revision_id": NUMBER})


def _copy_deliveries(cursor: CursorWrapper, original: Delivery, first: int, last: int) -> None:
    product = {"id": NUMBER, "release_id": PARENT, "channel": CHANNEL}
    copy_row(cursor, ChannelProduct, original.product_id, first, last, product)
    own = {"id": NUMBER, "item_id": PARENT, "revision_id": PARENT, "product_id": NUMBER, "channel": CHANNEL}
    copy_row(cursor, Delivery, original.pk, first, last, own | {"key": "'copy-' || CAST(n AS TEXT)"})


def _copy_log(cursor: CursorWrapper, original: Delivery, first: int, last: int) -> None:
    entry = LogEntry.objects.get(delivery=original.pk, event="published")
    head = LogHead.objects.get(office=get_office().slug)
    number = f"{head.seq + 1 - first} + n"
    own = {
        "id": NUMBER,
        "seq": number,
        "channel_seq": number,
        "year": str(PAST_YEAR),
        "item": PARENT,
        "delivery": NUMBER,
        "channel": CHANNEL,
    }
    copy_row(cursor, LogEntry, entry.pk, first, last, own)
    LogHead.objects.filter(pk=head.pk).update(seq=head.seq + last - first)


def copy_row(cursor: CursorWrapper, model: type[Model], pk: int, first: int, last: int, own: Mapping[str, str]) -> None:
    """Copy row ``pk`` for n = first … last - 1; ``own`` gives columns as SQL over n."""
    if first >= last:
        return
    quote = connection.ops.quote_name
    columns = [field.column or "" for field in model._meta.concrete_fields]
    values = ", ".join(own.get(column, f"original.{quote(column)}") for column in columns)
    names = ", ".join(map(quote, columns))
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({names}) "
        f"WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last - 1}) "
        f"SELECT {values} FROM series, {model._meta.db_table} AS original WHERE original.id = {pk}"
    )


@contextmanager
def without_indexes(model: type[Model]) -> Iterator[None]:
    """Many rows are copied many times faster where the indexes are made afterwards; those of constraints stay."""
    with connection.schema_editor() as editor:
        for index in model._meta.indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for index in model._meta.indexes:
            editor.add_index(model, index)


@contextmanager
def bulk() -> Iterator[CursorWrapper]:
    """Without the checks and the durability that a filling of throw-away tables can do without."""
    guard.remove(connection)
    with connection.cursor() as cursor:
        is_sqlite = connection.vendor == "sqlite"
        _set(cursor, SQLITE_HASTE if is_sqlite else POSTGRESQL_HASTE)
        yield cursor
        if is_sqlite:
            _set(cursor, SQLITE_CALM)
        else:
            # What autovacuum does by and by.
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("RESET session_replication_role")
            cursor.execute("RESET statement_timeout")
    guard.install(connection)


def _set(cursor: CursorWrapper, settings: Sequence[str]) -> None:
    for setting in settings:
        cursor.execute(setting)
        if cursor.description:
            # An answer that nobody takes keeps the tables locked.
            cursor.fetchall()
