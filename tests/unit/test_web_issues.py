"""The pages of issues: the year's calendar, one issue, and what a person does about it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from publisher.items.models import Item
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.queue.issues.following import follow_issues
from publisher.queue.models import Issue
from publisher.queue.states import IssueState, State
from tests.clocks import run
from tests.desk_samples import sign_in
from tests.queued import one, released

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def handed_over(office: Office, title: str = "科技活动周启动") -> tuple[Item, Issue]:
    """An item that was handed over in an issue of its own."""
    item = released(office, "daily", title=title)
    run(item)
    follow_issues()
    return item, Issue.objects.get(members__item=item)


def clipping() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    return SimpleUploadedFile("头版.png", file.getvalue(), "image/png")


def today() -> str:
    return timezone.localdate().isoformat()


def test_an_issue_is_noted_as_printed_with_its_clipping(desk: Client, office: Office) -> None:
    _, issue = handed_over(office)
    page = f"/issues/{issue.pk}/"
    answer = desk.post(f"{page}printed/", {"on": today(), "page": "A01", "clippings": [clipping()]})
    assert answer.status_code == 302
    issue.refresh_from_db()
    assert (issue.state, issue.page, issue.told_by) == (IssueState.PRINTED, "A01", "zhangwei")
    assert LogEntry.objects.get(event="printed").evidence == "E3"
    assert "Add a clipping" in desk.get(page).content.decode()
    shown = desk.get(f"{page}clippings/1")
    assert (shown.headers["Content-Type"], shown.content[:4]) == ("image/png", b"\x89PNG")
    assert desk.get(f"{page}clippings/2").status_code == 404


@pytest.mark.parametrize(
    ("deed", "values", "words"),
    [
        pytest.param("printed", {"on": ""}, "Give the day it was printed", id="no day"),
        pytest.param("printed", {"on": "2035-01-01"}, "still to come", id="a day to come"),
        pytest.param("not-accepted", {"reason": ""}, "Write why", id="no reason"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_noted(
    desk: Client, office: Office, deed: str, values: dict[str, str], words: str
) -> None:
    _, issue = handed_over(office)
    answer = desk.post(f"/issues/{issue.pk}/{deed}/", values)
    assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert Issue.objects.get(pk=issue.pk).state == IssueState.HANDED_OVER


def test_what_was_not_accepted_is_put_into_an_issue_that_collects(desk: Client, office: Office) -> None:
    item, issue = handed_over(office)
    desk.post(f"/issues/{issue.pk}/not-accepted/", {"reason": "版面紧张"})
    assert "free for another issue" in desk.get("/issues/").content.decode()
    day = timezone.localdate() + timedelta(days=20)
    opened = desk.post("/issues/open/", {"channel": "daily", "on": day.isoformat()})
    other = Issue.objects.get(state=IssueState.COLLECTING)
    assert opened.headers["Location"] == f"/issues/{other.pk}/"
    desk.post(f"/issues/{issue.pk}/put/", {"item": item.pk, "into": other.pk})
    assert [member.item_id for member in other.members.all()] == [item.pk]
    assert one(item, "daily").state == State.WAITING
    desk.post(f"/issues/{other.pk}/close/")
    assert run(item)["daily"].remote_id.endswith(other.label)


def test_a_deed_that_is_not_possible_says_why(desk: Client, office: Office) -> None:
    _, issue = handed_over(office)
    desk.post(f"/issues/{issue.pk}/close/")
    assert "cannot be done to issue" in desk.get(f"/issues/{issue.pk}/").content.decode()
    assert desk.post(f"/issues/{issue.pk}/burn/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_depend_on_how_many_issues_there_are(
    desk: Client, office: Office, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        handed_over(office, f"第{number}篇")
    desk.get("/issues/")
    with django_assert_num_queries(13):
        assert desk.get("/issues/").status_code == 200


def test_the_register_is_a_workbook_with_every_issue_and_item(desk: Client, office: Office) -> None:
    item, issue = handed_over(office, "=1+1")
    answer = desk.get(f"/issues.xlsx?year={issue.year}")
    book = load_workbook(io.BytesIO(answer.content))
    issues, items = (list(sheet.iter_rows(min_row=4, values_only=True)) for sheet in book.worksheets)
    assert (issues[0][1], issues[0][4]) == (issue.number, 1)
    assert items[0][2:4] == (item.pk, "=1+1")
    assert book.worksheets[1]["D4"].data_type == "s"


def test_what_nobody_has_told_of_stands_among_things_to_do(desk: Client, office: Office) -> None:
    _, issue = handed_over(office)
    earlier = timezone.now() - timedelta(days=9)
    Issue.objects.filter(pk=issue.pk).update(planned_on=earlier.date(), closes_at=earlier)
    assert "nobody has said whether it was printed" in desk.get("/todo/").content.decode()
