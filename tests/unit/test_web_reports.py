"""Reports on screen: filled in without losing anything, checked, declared final once, and handed over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from publisher.items.models import Item
from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.reports import finishing
from publisher.reports.figures.entering import Given, enter_all, is_enterable
from publisher.reports.finals import final
from publisher.reports.models import EnteredValue, FinalReport
from publisher.reports.report import make_report
from tests.desk_samples import elements, links, sign_in, texts
from tests.forms import COMPLETE, moment, office_with_example, publish

pytestmark = [pytest.mark.django_db, pytest.mark.once]

HERE = "/reports/2017/short-report/"
PAGES = [
    "/reports/",
    "/reports/2017/",
    HERE,
    f"{HERE}figures/short.news/",
    f"{HERE}fill/",
    f"{HERE}preview/",
    f"{HERE}draft/",
    f"{HERE}draft.json",
    f"{HERE}final/",
]
FINAL_PAGES = [f"{HERE}v1/", f"{HERE}v1/page/", f"{HERE}v1.docx", f"{HERE}v1.json"]


@pytest.fixture(autouse=True)
def office(home: Path, settings: Settings) -> Iterator[Office]:
    """The office with the example form, and a year of its log; it is January 2018."""
    office_with_example(home)
    settings.PUBLISHER_CONFIG = home / "office.toml"
    get_office.cache_clear()
    office = get_office()
    publish(office, "2017-03-01", "portal", range(1, 8))
    publish(office, "2017-05-01", "weibo", range(1, 8))
    publish(office, "2017-06-01", "wechat", range(1, 7))
    with time_machine.travel(moment("2018-01-24")):
        yield office


@pytest.fixture(autouse=True)
def _without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes seconds and has tests of its own."""
    monkeypatch.setattr(finishing, "FILES", ("html", "docx", "xlsx"))


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


def give(office: Office, by: str = "lihong", **values: str) -> None:
    """Enter values; a key's dots are written as two underscores."""
    enter_all(office, 2017, [Given(key.replace("__", "."), value) for key, value in values.items()], by=by)


def complete(office: Office, year: int = 2017, **changes: str) -> None:
    enter_all(office, year, [Given(key, typed) for key, typed in (COMPLETE | changes).items()], by="lihong")


def fields(page: Any) -> dict[str, Any]:
    """What a browser would send back if nothing were changed."""
    found: dict[str, Any] = {}
    for field in elements(page, ".filling [name]"):
        name = str(field["name"])
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            found[name] = str(chosen["value"]) if chosen else ""
        elif field.name == "textarea":
            found[name] = field.get_text().removeprefix("\n").replace("\n", "\r\n")
        elif field.get("type") != "checkbox":
            found[name] = str(field.get("value", ""))
        elif field.has_attr("checked"):
            found.setdefault(name, []).append(str(field["value"]))
    return found


def kept() -> dict[str, str]:
    return {value.key: value.value for value in EnteredValue.objects.order_by("seq")}


@pytest.mark.parametrize("address", [*PAGES, *FINAL_PAGES])
def test_reports_ask_to_sign_in(client: Client, office: Office, address: str) -> None:
    assert client.get(address)["Location"] == f"/login/?next={address}"
    if address in {f"{HERE}fill/", f"{HERE}final/", f"{HERE}v1/"}:
        assert client.post(address)["Location"].startswith("/login/")


@pytest.mark.parametrize("address", PAGES)
def test_reports_are_shown_whether_filled_in_or_not(desk: Client, office: Office, address: str) -> None:
    assert desk.get(address).status_code == 200
    complete(office)
    assert desk.get(address).status_code == 200


READ_ONLY = [address for address in PAGES if not address.endswith(("fill/", "final/"))]


@pytest.mark.parametrize("address", READ_ONLY)
def test_what_changes_nothing_is_only_read(desk: Client, address: str) -> None:
    assert desk.post(address).status_code == 405


@pytest.mark.parametrize("address", [f"{HERE}fill/", f"{HERE}final/", f"{HERE}v1/"])
def test_changes_take_a_form_of_ours(office: Office, address: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_user("zhangwei"))
    assert browser.post(address).status_code == 403


WRONG = [
    ("/reports/2016/short-report/", "is for the report years 2017–2018, not for 2016"),
    ("/reports/2017/annual-2021/", "use narrative-2008"),
    ("/reports/2017/nonsense/", "There is no form nonsense"),
    ("/reports/2017/nonsense/fill/", "There is no form nonsense"),
]


@pytest.mark.parametrize(("address", "words"), WRONG)
def test_form_of_another_generation_is_refused(desk: Client, address: str, words: str) -> None:
    response = desk.get(address)
    assert response.status_code == 404
    assert words in texts(response, "[role=alert]")[0]


@pytest.mark.parametrize(
    "address",
    ["/reports/1999/", f"/reports/{10**9}/", f"{HERE}figures/nothing/", f"{HERE}draft.exe", *FINAL_PAGES],
)
def test_what_is_not_there_is_not_found(desk: Client, address: str) -> None:
    assert desk.get(address).status_code == 404


def test_list_says_how_far_each_report_has_come(desk: Client, office: Office) -> None:
    names = texts(desk.get("/reports/2017/"), ".forms .code")
    place = names.index("short-report")
    assert "14 missing" in texts(desk.get("/reports/2017/"), ".forms .state")[place]
    complete(office)
    assert texts(desk.get("/reports/2017/"), ".forms .chip")[place] == "filled in"
    assert texts(desk.get("/reports/"), ".years [aria-current]") == ["2017"]


def test_every_number_counted_from_the_log_opens_its_rows(desk: Client) -> None:
    page = desk.get(HERE)
    counted = [(a.get_text(), str(a["href"])) for a in elements(page, ".values td a") if "/rows/" in str(a["href"])]
    assert [number for number, _ in counted] == ["7", "13", "工作动态"]
    counted[-1] = ("20", counted[-1][1])  # the names in use open what names were read from
    for number, address in counted:
        rows = desk.get(address)
        assert texts(rows, "h1") == [number]
        assert len(texts(rows, ".entries tbody tr")) == int(number)


def test_list_counts_nothing(desk: Client, office: Office) -> None:
    with CaptureQueriesContext(connection) as asked:
        desk.get("/reports/2017/")
    about_the_log = [query["sql"] for query in asked if "log_logentry" in query["sql"]]
    assert len(about_the_log) == 1, "the years there are"
    assert "COUNT" not in about_the_log[0]


def test_what_is_missing_leads_to_its_field(desk: Client, office: Office) -> None:
    leads = [link.partition("#")[2] for link in links(desk.get(HERE), ".missing a")]
    assert "value-short.visits" in leads
    there = {str(field["id"]) for field in elements(desk.get(f"{HERE}fill/"), ".give")}
    assert set(leads) <= there
    assert texts(desk.get(HERE), "#missing") == ["Missing: 14"]


def test_checks_stand_beside_the_report(desk: Client, office: Office) -> None:
    complete(office, **{"short.powers": "5"})
    page = desk.get(HERE)
    found = texts(page, ".findings .bad")
    assert len(found) == 1
    assert "行政权力事项等于各类之和" in found[0]
    assert f"{HERE}figures/short.powers/" in links(page, ".findings a")


def test_form_has_one_field_for_each_figure_people_give(desk: Client, office: Office) -> None:
    page = desk.get(f"{HERE}fill/")
    names = [str(field["id"]).removeprefix("value-") for field in elements(page, ".give")]
    expected = [
        key for key, one in make_report(office, 2017, "short-report").form.all_figures.items() if is_enterable(one)
    ]
    assert sorted(names) == sorted(expected)
    assert names.index("short.visits") < names.index("short.problems") < names.index("short.requests.granted.natural")
    assert names[-1] == "short.signed_on"


def test_only_what_was_changed_is_kept_with_its_reason(desk: Client, office: Office) -> None:
    give(office, short__penalty="3", short__award="1")
    sent = fields(desk.get(f"{HERE}fill/"))
    sent |= {"value.short.penalty": "\uff14", "value.short.visits": "10万", "value.short.mailbox": "是"}
    sent |= {"source": "攀办发〔2017〕84号", "note": "以此为准"}
    response = desk.post(f"{HERE}fill/", sent)
    assert (response.status_code, response["Location"]) == (302, f"{HERE}fill/")
    given = list(EnteredValue.objects.filter(by="zhangwei").order_by("key"))
    assert {value.key: value.value for value in given} == {
        "short.mailbox": "是",
        "short.penalty": "4",
        "short.visits": "100000",
    }
    assert {(value.source, value.note) for value in given} == {("攀办发〔2017〕84号", "以此为准")}
    page = desk.get(f"{HERE}fill/")
    assert texts(page, "[role=status]") == ["Values kept: 3."]
    assert fields(page)["value.short.visits"] == "100000"
    history = texts(desk.get(f"{HERE}figures/short.penalty/"), ".kept tbody tr")
    assert [row.split()[0] for row in history] == ["4项", "3项"]
    assert "攀办发〔2017〕84号" in history[0]


def test_a_page_sent_back_unchanged_keeps_nothing(desk: Client, office: Office) -> None:
    complete(office)
    give(office, short__problems="第一段。\n第二段，{short.visits}。")
    before = EnteredValue.objects.count()
    assert desk.post(f"{HERE}fill/", fields(desk.get(f"{HERE}fill/"))).status_code == 302
    assert EnteredValue.objects.count() == before


MISTAKES = [
    ("short.penalty", "many", "is no number"),
    ("short.penalty", "1.5", "decimals"),
    ("short.signed_on", "2018-02-30", "is no day"),
    ("short.mailbox", "perhaps", "neither yes nor no"),
    ("short.problems", "见{nothing}。", "no figure of that year"),
    ("short.problems", "", "This text is empty"),
]


@pytest.mark.parametrize(("key", "typed", "words"), MISTAKES)
def test_what_was_typed_wrong_stays_in_its_field_and_the_rest_is_kept(
    desk: Client, key: str, typed: str, words: str
) -> None:
    sent = fields(desk.get(f"{HERE}fill/")) | {f"value.{key}": typed, "value.short.award": "1", "source": "台账"}
    page = desk.post(f"{HERE}fill/", sent)
    assert page.status_code == 400
    mistake = texts(page, f'[id="value-{key}"] .mistake')
    assert len(mistake) == len(texts(page, ".mistake")) == 1
    assert words in mistake[0]
    if key != "short.mailbox":  # a browser offers only what there is
        assert fields(page)[f"value.{key}"] == typed
    assert fields(page)["source"] == "台账"
    assert kept() == {"short.award": "1"}


def test_what_another_entered_meanwhile_is_not_overwritten_unseen(desk: Client, office: Office) -> None:
    give(office, short__penalty="3", short__award="1")
    sent = fields(desk.get(f"{HERE}fill/"))
    give(office, short__penalty="5", short__award="2")
    page = desk.post(f"{HERE}fill/", sent | {"value.short.penalty": "4"})
    assert page.status_code == 400
    assert texts(page, ".mistake") == ["lihong has entered 5 meanwhile: save once more to replace it."]
    assert kept()["short.penalty"] == "5"
    again = fields(page)
    assert (again["value.short.penalty"], again["value.short.award"]) == ("4", "2"), "only what was typed is kept back"
    assert desk.post(f"{HERE}fill/", again).status_code == 302
    assert (kept()["short.penalty"], kept()["short.award"]) == ("4", "2")


def test_a_value_is_replaced_not_taken_away(desk: Client, office: Office) -> None:
    give(office, short__penalty="3")
    page = desk.post(f"{HERE}fill/", fields(desk.get(f"{HERE}fill/")) | {"value.short.penalty": " "})
    assert texts(page, ".mistake")[0].startswith("A value can be replaced, not taken away")
    assert kept() == {"short.penalty": "3"}


def test_noughts_fill_only_what_is_empty_in_that_table(desk: Client, office: Office) -> None:
    give(office, short__requests__granted__natural="2")
    sent = fields(desk.get(f"{HERE}fill/")) | {
        "noughts": "short.requests",
        "value.short.requests.new_received.company": "3",
    }
    assert desk.post(f"{HERE}fill/", sent).status_code == 302
    values = kept()
    assert values.pop("short.requests.granted.natural") == "2"
    assert values.pop("short.requests.new_received.company") == "3"
    assert len(values) == 6
    assert set(values.values()) == {"0"}
    assert not elements(desk.get(f"{HERE}fill/"), "[name=noughts]")


def test_fields_nobody_asked_for_are_left_alone(desk: Client, office: Office) -> None:
    sent = {"value.short.news": "999", "value.nothing": "1", "seen": "x" * 40, "noughts": "nothing"}
    page = desk.post(f"{HERE}fill/", sent)
    assert page.status_code == 400
    assert kept() == {}


def test_texts_are_shown_as_texts(desk: Client, office: Office) -> None:
    give(office, short__problems="<script>alert(1)</script>")
    for address in (HERE, f"{HERE}fill/", f"{HERE}figures/short.problems/", f"{HERE}draft/"):
        assert "<script>alert" not in desk.get(address).content.decode()


def test_preview_is_the_file_itself_and_inert(desk: Client, office: Office) -> None:
    frame = elements(desk.get(f"{HERE}preview/"), "iframe")[0]
    assert frame["src"] == f"{HERE}draft/"
    assert "allow-scripts" not in str(frame["sandbox"])
    page: Any = desk.get(f"{HERE}draft/")
    rules = page["Content-Security-Policy"].split("; ")
    assert any(rule.startswith("sandbox") and "scripts" not in rule for rule in rules)
    assert "frame-ancestors 'self'" in rules
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert page.content == desk.get(f"{HERE}draft.html").content
    assert len(elements(page, "a.figure")) > 3


@pytest.mark.parametrize(
    ("extension", "begins"), [("docx", b"PK"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE"), ("json", b"{")]
)
def test_drafts_are_saved(desk: Client, extension: str, begins: bytes) -> None:
    response: Any = desk.get(f"{HERE}draft.{extension}")
    assert response.content.startswith(begins)
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")


def test_a_report_with_gaps_cannot_be_declared_final(desk: Client, office: Office) -> None:
    page = desk.get(f"{HERE}final/")
    assert not elements(page, "main form")
    response = desk.post(f"{HERE}final/", {"version": "1", "seen": "1"})
    assert response.status_code == 409
    assert "14 figures are missing" in texts(response, "[role=alert]")[0]
    assert not FinalReport.objects.exists()


def declared(desk: Client, office: Office) -> None:
    complete(office)
    page = desk.get(f"{HERE}final/")
    sent = {str(field["name"]): str(field["value"]) for field in elements(page, "main form [name]")}
    response = desk.post(f"{HERE}final/", sent)
    assert (response.status_code, response["Location"]) == (302, f"{HERE}v1/")


def test_a_report_declared_final_is_frozen_and_logged(desk: Client, office: Office) -> None:
    declared(desk, office)
    done = FinalReport.objects.get()
    assert (done.by, done.version) == ("zhangwei", 1)
    logged = LogEntry.objects.get(event=Event.REPORT_FINISHED)
    assert logged.digest == done.digest
    page = desk.get(f"{HERE}v1/")
    assert done.digest in texts(page, ".side dd")
    assert f"/log/{logged.seq}/" in links(page, ".side a")
    before: Any = desk.get(f"{HERE}v1/page/")
    give(office, short__penalty="2", short__award="2")
    after: Any = desk.get(f"{HERE}v1/page/")
    assert before.content == after.content
    frozen = final(office, 2017, "short-report")
    assert frozen
    word: Any = desk.get(f"{HERE}v1.docx")
    assert word.content == frozen.file("docx")
    content: Any = desk.get(f"{HERE}v1.json")
    assert json.loads(content.content)["figures"]
    assert texts(desk.get(HERE), ".heading .chip") == ["final, version 1"]


def test_the_same_page_sent_twice_makes_one_version(desk: Client, office: Office) -> None:
    declared(desk, office)
    response = desk.post(f"{HERE}final/", {"version": "1", "seen": "1"})
    assert (response.status_code, response["Location"]) == (302, HERE)
    assert FinalReport.objects.count() == 1
    assert "Meanwhile it was declared final" in texts(desk.get(HERE), "[role=status]")[0]


def test_warnings_are_to_be_looked_at_first(desk: Client, office: Office) -> None:
    complete(office)
    complete(office, 2018)  # takes over 2 of 2017, which left none
    address = "/reports/2018/short-report/final/"
    assert any("上年结转" in warning for warning in texts(desk.get(address), ".findings .doubt"))
    assert desk.post(address, {"version": "1"}).status_code == 400
    assert not FinalReport.objects.exists()
    assert desk.post(address, {"version": "1", "seen": "1"}).status_code == 302


def test_a_final_report_is_handed_over_as_an_item(desk: Client, office: Office) -> None:
    declared(desk, office)
    response = desk.post(f"{HERE}v1/", {"channel": ["portal", "wechat", "nowhere"]})
    item = Item.objects.get()
    assert response["Location"] == f"/items/{item.pk}/"
    assert item.created_by == "zhangwei"
    revision = item.revisions.get()
    assert revision.channels == ["portal", "wechat"]
    assert [asset.name[-5:] for asset in revision.assets.filter(role="attachment")] == [".docx"]
    page = desk.get(f"{HERE}v1/")
    assert f"/items/{item.pk}/" in links(page, ".side a")
    assert not elements(page, ".side form")
    assert desk.post(f"{HERE}v1/", {"channel": ["portal"]})["Location"] == f"/items/{item.pk}/"
    assert Item.objects.count() == 1


def test_damaged_file_of_a_final_report_is_not_sent(desk: Client, office: Office, home: Path) -> None:
    declared(desk, office)
    sha256 = final(office, 2017, "short-report").content["files"]["docx"]  # type: ignore[union-attr]
    next((home / "assets").rglob(sha256)).write_bytes(b"something else")
    assert desk.get(f"{HERE}v1.docx").status_code == 404


@pytest.mark.parametrize("items", [2, 40])
def test_reports_ask_the_database_as_often_for_many_entries_as_for_few(
    desk: Client, office: Office, django_assert_max_num_queries: Callable[[int], Any], items: int
) -> None:
    publish(office, "2017-07-01", "portal", range(100, 100 + items))
    for address, queries in ((HERE, 30), (f"{HERE}fill/", 20), (f"{HERE}figures/short.news/", 12)):
        with django_assert_max_num_queries(queries):
            desk.get(address)
