"""Plain statements write and read what Django itself would, on either database, whoever else writes meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from publisher.log import verify
from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office

pytestmark = pytest.mark.django_db

AWKWARD = "100 % \\ 'a' \"b\" %s %(x)s 钒钛 😀"
WRITERS, EACH = 6, 5


def test_an_entry_is_read_as_it_was_given(office: Office) -> None:
    subject = Subject(item=-3, title=AWKWARD, channel="portal", column="dynamics", issue=AWKWARD[:20])
    proof = Proof(remote_id=AWKWARD, url=AWKWARD, evidence="E2", detail={"said": AWKWARD, AWKWARD: [1, None, True]})
    given = record(office, Event.BACKFILLED, subject, actor="tester", proof=proof, happened_on=date(2001, 2, 3))
    stored = LogEntry.objects.get(office=office.slug, seq=given.seq)
    names = [field.attname for field in LogEntry._meta.concrete_fields if not field.primary_key]
    assert {name: getattr(given, name) for name in names} == {name: getattr(stored, name) for name in names}
    assert LogEntry.objects.filter(at=given.at, happened_on=date(2001, 2, 3), detail__said=AWKWARD).exists()
    assert verify.verify_database(office.slug).is_sound


@pytest.mark.usefixtures("committed")
def test_many_who_write_into_an_empty_log_at_once_leave_one_chain_without_gaps(office: Office) -> None:
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        try:
            for _ in range(EACH):
                with transaction.atomic():
                    subject = Subject(title=AWKWARD, channel=("portal", "weibo", "")[writer % 3])
                    record(office, Event.PUBLISHED, subject, actor="tester")
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert verify.verify_database(office.slug).entries == WRITERS * EACH
    for channel in ("portal", "weibo"):
        numbers = LogEntry.objects.filter(channel=channel).order_by("seq").values_list("channel_seq", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))
    assert set(LogEntry.objects.filter(channel="").values_list("channel_seq", flat=True)) == {None}
