"""What has several entries of one event in one channel: noted as it is written, and as the log itself tells it.

An item that went out again after it was taken back has two entries and counts once. Such items are few, and counting
would have to read a whole year to find them. The notes are no second truth: they follow from the log, and verifying
the log compares them with it.
"""

from __future__ import annotations

from django.db import transaction

from publisher.log import sql

TOLD = (
    "SELECT office, event, channel, item FROM log_logentry WHERE item IS NOT NULL "
    "GROUP BY office, event, channel, item HAVING COUNT(*) > 1"
)
NOTED = "SELECT office, event, channel, item FROM log_repetition"


IS_TOLD = "SELECT 1 FROM log_logentry WHERE office = %s AND item = %s AND channel || '' = %s AND event || '' = %s"
"""Whether the log has such an entry already: asked by the item, which few entries are about, and by no other index."""


def note(office: str, event: str, channel: str, item: int) -> None:
    """Note it; harmless where it is noted."""
    sql.execute(
        "INSERT INTO log_repetition (office, event, channel, item) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [office, event, channel, item],
    )


def wrong(office: str) -> int:
    """How many notes are missing, or stand there without reason."""
    differing = "SELECT COUNT(*) FROM (SELECT * FROM ({}) AS one WHERE office = %s EXCEPT {}) AS part"
    both = (differing.format(TOLD, NOTED), differing.format(NOTED, TOLD))
    return sum(sql.rows(statement, [office])[0][0] for statement in both)


def renew() -> None:
    """Make all notes again from the log."""
    with transaction.atomic():
        sql.execute("DELETE FROM log_repetition")
        # A writer may note one of them meanwhile.
        sql.execute(f"INSERT INTO log_repetition (office, event, channel, item) {TOLD} ON CONFLICT DO NOTHING")
