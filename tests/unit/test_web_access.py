"""Every address of the program, and who may open it: strangers, people of another office, each role.

A new address needs a row in ``TABLE`` (two, where it also takes a form), and an example of it in ``EXAMPLES`` where its
path has places to fill in. The HTTP interface knows no people, only tokens; ``test_api.py`` has its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from publisher.items.drafts import saving
from publisher.items.drafts.content import PICTURE, Content, File
from publisher.items.models import Draft, Item
from publisher.office import Office, get_office
from publisher.people import tokens
from publisher.people.models import Membership
from publisher.people.roles import Role
from publisher.people.tokens import Terms
from publisher.review.deciding import decide
from publisher.review.models import Decision, Review
from publisher.urls import urlpatterns
from publisher.web import sessions
from tests.approval import opinion, sent_up, with_steps
from tests.channels.samples import picture
from tests.desk_samples import submitted
from tests.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LETTERS = {
    "D": Role.DRAFTER,
    "R": Role.REVIEWER,
    "P": Role.PROOFREADER,
    "S": Role.SECRECY_REVIEWER,
    "G": Role.SIGNER,
    "B": Role.PUBLISHER,
    "T": Role.REPORT_MANAGER,
    "A": Role.ADMINISTRATOR,
    "U": Role.AUDITOR,
}

ANYBODY = "anybody"
SIGNED_IN = "signed in"
STAFF = "DRPSGBTAU"
ANSWERING = "RSGBTAU"


@dataclass(frozen=True)
class Row:
    """What somebody gets who may open it; whoever signs in goes elsewhere from pages for ``ANYBODY``."""

    name: str
    who: str
    status: int = 200
    method: str = "GET"


TABLE = (
    # name, who may, what they get
    Row("start", STAFF, 302),
    Row("todo", STAFF),
    Row("todo-changes", STAFF),
    Row("calendar", STAFF),
    Row("board", STAFF),
    Row("board-changes", STAFF),
    Row("items", STAFF, 302),
    Row("item", STAFF),
    Row("item-changes", STAFF),
    Row("text", STAFF),
    Row("asset", STAFF),
    Row("item-findings", STAFF),
    Row("item-findings-text", STAFF),
    Row("draft-findings", "RB"),
    Row("draft-findings", "RB", 302, "POST"),
    Row("draft-findings-text", "RB"),
    Row("findings", STAFF),
    Row("words", STAFF),
    Row("words-of", STAFF),
    Row("item-revise", "RB", 302, "POST"),
    Row("drafts", "DRB"),
    Row("draft-new", "D"),
    Row("draft-new", "D", 302, "POST"),
    Row("draft", "RB"),
    Row("draft", "RB", 302, "POST"),
    Row("draft-paste", "RB", 200, "POST"),
    Row("draft-asset", "RB"),
    Row("draft-history", "RB"),
    Row("draft-version", "RB"),
    Row("draft-version", "RB", 302, "POST"),
    Row("draft-conflict", "RB", 302),
    Row("draft-conflict", "RB", 302, "POST"),
    Row("draft-discard", "RB", 302, "POST"),
    Row("draft-take-up", "RB", 302, "POST"),
    Row("decide", "B"),
    Row("decide", "B", 400, "POST"),
    Row("evidence", ANSWERING, 404),
    Row("item-previews", STAFF, 302),
    Row("item-preview", STAFF),
    Row("item-preview-file", STAFF),
    Row("item-correct", "DRB"),
    Row("item-recall", "B"),
    Row("item-recall", "B", 400, "POST"),
    Row("recalls", STAFF),
    Row("recall", STAFF, 404),
    Row("recall-record", STAFF, 404),
    Row("recall-file", STAFF, 404),
    Row("recall-evidence", "B", 404, "POST"),
    Row("recall-notice", "B", 404, "POST"),
    Row("item-own-words", "RB", 302, "POST"),
    Row("draft-previews", "RB", 302),
    Row("draft-preview", "RB"),
    Row("draft-preview", "RB", 302, "POST"),
    Row("draft-preview-file", "RB"),
    Row("issues", STAFF),
    Row("issues-file", STAFF),
    Row("issue", STAFF, 404),
    Row("issue-clipping", STAFF, 404),
    Row("issue-open", "B", 400, "POST"),
    Row("issue-do", "B", 404, "POST"),
    Row("statistics", STAFF),
    Row("metrics", STAFF),
    Row("metrics-rows", STAFF),
    Row("statistics-rows", STAFF),
    Row("statistics-difference", STAFF),
    Row("statistics-table", STAFF),
    Row("statistics-rows-file", STAFF),
    Row("reports", STAFF),
    Row("reports-of-year", STAFF),
    Row("report", STAFF, 404),
    Row("report-figure", STAFF, 404),
    Row("report-fill", "T", 404),
    Row("report-fill", "T", 404, "POST"),
    Row("report-preview", STAFF, 404),
    Row("report-draft-page", STAFF, 404),
    Row("report-draft", STAFF, 404),
    Row("report-declare", "T", 404),
    Row("report-declare", "T", 404, "POST"),
    Row("report-version", STAFF, 404),
    Row("report-version", "D", 404, "POST"),
    Row("report-final-page", STAFF, 404),
    Row("report-final-file", STAFF, 404),
    Row("reviews", STAFF),
    Row("review", STAFF),
    Row("review-again", "DRB", 409, "POST"),
    Row("review-confirm", "G", 404, "POST"),
    Row("review-decide", "RPSG", 400, "POST"),
    Row("review-emergency", "G", 409, "POST"),
    Row("review-withdraw", "DRB", 409, "POST"),
    Row("review-sheet", STAFF),
    Row("log", ANSWERING),
    Row("log-entry", ANSWERING),
    Row("log-export", ANSWERING),
    Row("checkpoints", ANSWERING),
    Row("checkpoint", ANSWERING, 404),
    Row("freshness", STAFF),
    Row("freshness-file", STAFF),
    Row("accounts", "A"),
    Row("account-return", "A", 302),
    Row("account-ask", "A", 404, "POST"),
    Row("account-pause", "A", 302, "POST"),
    Row("account-resume", "A", 302, "POST"),
    Row("account-sign-in", "A", 404),
    Row("account-sign-out", "A", 404, "POST"),
    Row("people", "A"),
    Row("person-new", "A"),
    Row("person-new", "A", 400, "POST"),
    Row("person", "A"),
    Row("person", "A", 400, "POST"),
    Row("person-password", "A", 200, "POST"),
    Row("person-deed", "A", 302, "POST"),
    Row("tokens", "A"),
    Row("token-new", "A"),
    Row("token-new", "A", 400, "POST"),
    Row("api-guide", "A"),
    Row("token-revoke", "A", 302, "POST"),
    Row("me", SIGNED_IN),
    Row("my-language", SIGNED_IN, 302, "POST"),
    Row("my-password", SIGNED_IN),
    Row("my-password", SIGNED_IN, 400, "POST"),
    Row("my-second-factor", SIGNED_IN),
    Row("my-second-factor", SIGNED_IN, 400, "POST"),
    Row("my-sessions-end", SIGNED_IN, 302, "POST"),
    Row("login", ANYBODY),
    Row("login", ANYBODY, 200, "POST"),
    Row("login-code", ANYBODY, 302),
    Row("login-code", ANYBODY, 302, "POST"),
    Row("login-openid", ANYBODY, 404),
    Row("login-openid-return", ANYBODY, 404),
    Row("favicon", ANYBODY, 302),
    Row("health", ANYBODY),
    Row("callback", ANYBODY, 404),
    Row("callback", ANYBODY, 404, "POST"),
    Row("site", ANYBODY, 404),
    Row("site-of", ANYBODY, 404),
    Row("logout", ANYBODY, 302, "POST"),  # the last one: nobody is signed in after it
)

EXAMPLES: dict[str, dict[str, Any]] = {
    "callback": {"channel": "wechat"},
    "item-preview": {"channel": "weibo"},
    "item-preview-file": {"channel": "weibo", "path": "index.html"},
    "item-own-words": {"channel": "weibo"},
    "draft-preview": {"channel": "weibo"},
    "draft-preview-file": {"channel": "weibo", "path": "index.html"},
    "statistics-difference": {},
    "statistics-table": {"form": "csv"},
    "statistics-rows-file": {"form": "csv"},
    "reports-of-year": {"year": 2017},
    "report-figure": {"key": "any"},
    "report-draft": {"extension": "docx"},
    "report-final-file": {"extension": "docx"},
    "decide": {"deed": "confirm"},
    "evidence": {"seq": 1},
    "log-entry": {"seq": 1},
    "log-export": {"form": "csv"},
    "checkpoint": {"number": 1},
    "recall": {"pk": 999},
    "recall-record": {"pk": 999},
    "recall-file": {"pk": 999, "proof": 1},
    "recall-evidence": {"pk": 999, "channel": "daily"},
    "recall-notice": {"pk": 999, "channel": "daily"},
    "issue": {"pk": 999},
    "issue-clipping": {"pk": 999, "number": 1},
    "issue-do": {"pk": 999, "deed": "close"},
    **{f"account-{deed}": {"channel": "portal"} for deed in ("ask", "pause", "resume", "sign-in", "sign-out")},
    "person-deed": {"deed": "unlock"},
    "words-of": {"key": "typos"},
    "review-sheet": {"name": "approval", "extension": "docx"},
    "site": {"path": ""},
    "site-of": {"channel": "portal", "path": ""},
}
QUESTIONS = {"statistics-difference": "?rule=sent&other=live", "statistics-rows": "?rule=disclosed"}


@dataclass(frozen=True)
class World:
    """What there is to be opened."""

    item: Item
    sha256: str
    somebody: Membership
    draft: Draft
    review: Review

    def address(self, name: str) -> str:
        places = EXAMPLES.get(name, {})
        if name in ("item", "text", "asset") or name.startswith("item-"):
            places = {"pk": self.item.pk, **places}
        if name.startswith("draft-") or name == "draft":
            places = {"pk": self.draft.pk, **places} if name != "draft-new" else {}
        if name in ("draft-version", "draft-conflict"):
            places |= {"version": self.draft.versions.get().pk}
        if name in ("asset", "draft-asset"):
            places |= {"sha256": self.sha256}
        if name.startswith("review") and name != "reviews":
            places = {"pk": self.review.pk, **places}
        if name.startswith("person") and name != "person-new":
            places = {"pk": self.somebody.pk, **places}
        if name == "token-revoke":
            places = {"pk": tokens.tokens(get_office())[0].pk}
        if name.startswith("report-") or name == "report":
            places = {"year": 2017, "form": "none", **places}
        if name in ("report-version", "report-final-page", "report-final-file"):
            places = {"version": 1, **places}
        return reverse(name, kwargs=places) + QUESTIONS.get(name, "")


@pytest.fixture
def world(office: Office) -> World:
    shown = picture()
    html = f'<p>授牌</p><figure><img src="asset:{shown.sha256}" alt="示意图"></figure>'
    somebody = person("wangfang", Role.DRAFTER)
    tokens.create(office, "oa", Terms(), by="wangfang")
    item = submitted("授牌仪式", html=html, media=(shown,))
    content = Content(title="授牌仪式", channels=("weibo",), files=(File.of(PICTURE, shown),))
    draft = saving.begin(office, content, by="wangfang", now=timezone.now())
    return World(item, shown.sha256, somebody.memberships.get(), draft, rejected(office))


def rejected(office: Office) -> Review:
    """An approval that has ended, so that nobody can do anything about it."""
    review = sent_up(with_steps(office))
    no = opinion(review, Decision.Verdict.REJECT, "不宜公开")
    decide(with_steps(office), review, no, by=person("zhaomin", Role.REVIEWER))
    return review


def statuses(client: Client, world: World, rows: Iterable[Row] = TABLE) -> Iterator[tuple[Row, int, str]]:
    for row in rows:
        response: Any = client.generic(row.method, world.address(row.name))
        response.getvalue()  # read to its end, so that its file is closed
        yield row, response.status_code, response.headers.get("Location", "")


def is_right(row: Row, status: int, location: str, *, letters: str, is_signed_in: bool) -> bool:
    """Whether somebody with the roles of these letters got what the row says."""
    if row.who == ANYBODY:
        return status == row.status or (is_signed_in and status == 302)
    if not is_signed_in:
        return status == 302 and location.startswith("/login/")
    if row.who == SIGNED_IN or set(letters) & set(row.who):
        return status == row.status
    return status == 403


def wrong(client: Client, world: World, *, letters: str = "", is_signed_in: bool = True) -> list[str]:
    return [
        f"{row.method} {row.name}: {status} {location}"
        for row, status, location in statuses(client, world)
        if not is_right(row, status, location, letters=letters, is_signed_in=is_signed_in)
    ]


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_address_has_its_row() -> None:
    pages = [pattern for pattern in urlpatterns if getattr(pattern, "namespace", "") != "api"]
    there = {pattern.name for pattern in pages if isinstance(pattern, URLPattern)}
    assert len(there) == len(pages), "an address without a name, or addresses included from elsewhere"
    assert there == {row.name for row in TABLE}


def test_the_letters_stand_for_all_roles() -> None:
    assert list(LETTERS.values()) == list(Role)
    assert set(STAFF) == set(LETTERS)


def test_a_stranger_is_asked_to_sign_in(world: World) -> None:
    assert wrong(Client(), world, is_signed_in=False) == []


@pytest.mark.parametrize("letter", LETTERS)
def test_a_role_opens_its_pages_and_no_others(world: World, letter: str) -> None:
    assert wrong(as_(person("lina", LETTERS[letter])), world, letters=letter) == []


def test_several_roles_open_what_each_of_them_opens(world: World) -> None:
    assert wrong(as_(person("lina", *Role)), world, letters=STAFF) == []


def test_an_account_without_an_office_opens_only_its_own_pages(world: World) -> None:
    assert wrong(as_(User.objects.create_user("lina")), world) == []


def test_people_of_another_office_open_only_their_own_pages(world: World) -> None:
    assert wrong(as_(person("lina", *Role, office="elsewhere")), world) == []


def test_whoever_left_opens_only_their_own_pages(world: World) -> None:
    lina = person("lina", *Role)
    lina.memberships.update(is_active=False)
    assert wrong(as_(lina), world) == []


def test_a_closed_account_opens_nothing(world: World) -> None:
    lina = person("lina", *Role)
    client = as_(lina)
    User.objects.filter(pk=lina.pk).update(is_active=False)
    assert wrong(client, world, is_signed_in=False) == []


def test_with_a_one_time_password_nothing_else_opens(world: World) -> None:
    client = as_(person("lina", *Role))
    session = client.session
    session[sessions.MUST_CHOOSE] = True
    session.save()
    staff = [row for row in TABLE if row.who not in (ANYBODY, SIGNED_IN)]
    found = {(status, location) for _row, status, location in statuses(client, world, staff)}
    assert found == {(302, "/me/password/")}


def test_a_page_takes_no_form_without_a_row_for_it(world: World) -> None:
    client = as_(person("lina", *Role))
    with_form = {row.name for row in TABLE if row.method == "POST"}
    readers = [Row(row.name, row.who, 405, "POST") for row in TABLE if row.name not in with_form]
    found = {row.name: status for row, status, _location in statuses(client, world, readers)}
    assert {name: status for name, status in found.items() if status != 405} == {"favicon": 302}


PLACES = {
    "another page": ("http://testserver/items/7/?page=2", "/login/?next=/items/7/%3Fpage%3D2"),
    "somewhere else": ("https://example.com/", "/login/?next=/log/"),
    "nowhere": ("", "/login/?next=/log/"),
}


@pytest.mark.parametrize(("place", "expected"), PLACES.values(), ids=PLACES)
def test_a_part_of_a_page_makes_the_whole_page_ask_to_sign_in(place: str, expected: str) -> None:
    answer = Client().get("/log/", headers={"HX-Request": "true", "HX-Current-URL": place})
    assert (answer.status_code, answer["HX-Redirect"], answer.content) == (401, expected, b"")


def test_a_script_that_asks_for_data_gets_the_bare_status() -> None:
    answer = Client().get("/log/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_way_that_is_no_page_of_ours_opens_nothing(world: World) -> None:
    for letter in LETTERS:
        assert as_(person(f"lina-{letter}", LETTERS[letter])).get("/admin/").status_code == 404
