"""The HTTP interface for other programs: who may ask, what comes of it, and that it comes of it once."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from publisher.api import submitting
from publisher.api.asking import MAX_JSON_BYTES, Asked
from publisher.api.models import KeyedRequest
from publisher.api.views import api
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, Revision
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.people import tokens
from publisher.people.models import Scope
from publisher.people.tokens import Terms
from publisher.review.models import Review
from tests.channels.samples import picture

pytestmark = pytest.mark.django_db

SAMPLES = Path(__file__).parent.parent / "data"
ALL = tuple(Scope)
TEXT = {"title": "关于举办科技活动周的通知", "content": "<p>定于五月举办科技活动周。</p>"}


@dataclass
class Program:
    """Another program with its token."""

    secret: str

    def post(self, document: Any = None, *, key: str = "", **more: Any) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        content = document if isinstance(document, (str, bytes)) else json.dumps(document)
        return Client().post(
            "/api/v1/items", content, content_type=more.pop("kind", "application/json"), headers=headers, **more
        )

    def form(self, **fields: Any) -> Any:
        return Client().post("/api/v1/items", fields, headers=self.headers)

    def get(self, address: str) -> Any:
        return Client().get(address, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def program(*scopes: Scope, name: str = "oa", **terms: Any) -> Program:
    return Program(tokens.create(get_office(), name, Terms(scopes or ALL, **terms), by="tester").secret)


@pytest.fixture
def oa(office: Office) -> Program:
    return program()


def change_config(settings: Any, old: str, new: str) -> None:
    text = settings.PUBLISHER_CONFIG.read_text("utf-8")
    assert old in text
    settings.PUBLISHER_CONFIG.write_text(text.replace(old, new), "utf-8")
    get_office.cache_clear()


def problem(response: HttpResponse) -> tuple[int, str]:
    """Status and kind of a problem that is one in every respect."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:publisher:problem:{body['code']}"
    assert set(body["messages"]) == {"zh-hans", "en"}
    assert body["detail"] == body["messages"]["zh-hans"] != body["messages"]["en"]
    assert "Traceback" not in response.content.decode()
    return response.status_code, body["code"]


def test_an_item_submitted_by_a_program_is_the_item_a_person_submits(oa: Program, office: Office) -> None:
    answer = oa.post(TEXT | {"channels": "portal, wechat", "section": "办公室", "column": "notices"})
    assert answer.status_code == 201
    made = Revision.objects.select_related("item").get()
    same = submit(
        office,
        Manuscript(TEXT["title"], TEXT["content"], ()),
        Wish(column="notices", section="办公室", channels=("portal", "wechat")),
        by="tester",
    )
    assert (made.title, made.html, made.channels) == (same.title, same.html, same.channels)
    assert (made.item.column, made.item.section, made.item.created_by) == ("notices", "办公室", "token:oa")
    assert answer.headers["Location"] == f"/api/v1/items/{made.item_id}"
    assert oa.get(answer.headers["Location"]).json() == {
        k: v for k, v in answer.json().items() if k not in ("notes", "findings")
    } | {"recalls": []}
    entry = LogEntry.objects.get(event="submitted", item=made.item_id)
    assert (entry.actor, entry.person) == ("token:oa", "token:oa")


def test_everything_that_is_said_arrives(oa: Program) -> None:
    shown = picture(name="现场.png")
    files = [{"name": "现场.png", "data": base64.b64encode(shown.content).decode(), "caption": "活动现场"}]
    said = {
        "content": "# 转载稿\n\n正文。\n\n![现场](现场.png)",
        "format": "markdown",
        "pictures": files,
        "attachments": [{"name": "名单.pdf", "data": base64.b64encode(b"%PDF-1.4").decode()}],
        "summary": "摘要",
        "author": "张三",
        "source": "新华社",
        "source_url": "https://www.news.cn/1.html",
        "document_number": "攀科[2026]12号",
        "in_force_until": "2028-12-31",
        "disclosure": "on_request",
        "disclosure_reason": "仅限内部",
        "publish_at": "2030-12-01T09:00",
    }
    assert oa.post(said).status_code == 201
    made = Revision.objects.get()
    assert (made.title, made.author, made.source, made.origin) == ("转载稿", "张三", "新华社", "reposted")
    assert (made.source_url, made.document_number) == ("https://www.news.cn/1.html", "攀科〔2026〕12号")
    assert (made.item.disclosure, made.disclosure_reason, made.summary) == ("on_request", "仅限内部", "摘要")
    assert made.publish_at == datetime(2030, 12, 1, 1, tzinfo=UTC)
    assert made.in_force_until == made.item.in_force_until == date(2028, 12, 31)
    shown_asset, attached = made.assets.all()
    assert (shown_asset.sha256, shown_asset.caption) == (shown.sha256, "活动现场")
    assert (attached.name, attached.role) == ("名单.pdf", "attachment")


def test_a_form_carries_files_as_they_are(oa: Program) -> None:
    file = SimpleUploadedFile("patent-notice.md", (SAMPLES / "patent-notice.md").read_bytes())
    pictures = [SimpleUploadedFile(p.name, p.read_bytes()) for p in sorted(SAMPLES.glob("patent-notice-*.png"))]
    attached = SimpleUploadedFile("申请表.docx", b"PK any")
    answer = oa.form(file=file, pictures=pictures, attachments=[attached], channels=["portal", "daily"])
    assert answer.status_code == 201, answer.content
    made = Revision.objects.get()
    assert [asset.role for asset in made.assets.all()] == ["picture", "picture", "attachment"]
    assert made.channels == ["portal", "daily"]
    word = SimpleUploadedFile("a.docx", (SAMPLES / "science-week.docx").read_bytes())
    assert oa.form(file=word, allow_similar="true").status_code == 201


STRANGERS = {
    "nobody": ({}, 401),
    "a wrong token": ({"Authorization": "Bearer pub_nonsense"}, 401),
    "a browser's user": ({"Cookie": "sessionid=1"}, 401),
    "another scheme": ({"Authorization": "Basic b2E6b2E="}, 401),
    "no text at all": ({"Authorization": "Bearer "}, 401),
    "letters no header has": ({"Authorization": "Bearer \udcff\udcfe"}, 401),
}


@pytest.mark.parametrize(("headers", "status"), STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("address", ["/api/v1/items", "/api/v1/items/1"])
def test_who_has_no_token_is_asked_for_one(office: Office, headers: dict[str, str], status: int, address: str) -> None:
    response = Client().get(address, headers=headers)
    assert problem(response) == (status, "token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


RIGHTS = [
    ("POST", "/api/v1/items", TEXT, Scope.SUBMIT, 201),
    ("POST", "/api/v1/items", TEXT | {"release": True, "channels": "portal"}, Scope.RELEASE, 201),
    ("GET", "/api/v1/items", None, Scope.READ, 200),
    ("GET", "/api/v1/items/1", None, Scope.READ, 404),
]


@pytest.mark.parametrize(("method", "address", "document", "scope", "status"), RIGHTS)
def test_a_token_opens_what_its_scopes_say(
    office: Office, method: str, address: str, document: Any, scope: Scope, status: int
) -> None:
    def ask(who: Program) -> Any:
        content = json.dumps(document) if document else ""
        return Client().generic(method, address, content, content_type="application/json", headers=who.headers)

    without = program(*(each for each in Scope if each != scope), name="without")
    assert problem(ask(without)) == (403, "scope")
    assert not Item.objects.exists()
    assert ask(program(name="all")).status_code == status


def test_every_address_has_a_row_of_rights() -> None:
    operations = [(method.upper(), path) for path, ways in api.get_openapi_schema()["paths"].items() for method in ways]
    asked = {(method, address.replace("/1", "/{number}")) for method, address, *_rest in RIGHTS}
    assert set(operations) == asked


def test_a_token_of_another_office_or_time_opens_nothing(oa: Program, office: Office) -> None:
    other = tokens.create(office, "other", Terms(), by="tester")
    other.token.office = "elsewhere"
    other.token.save()
    assert problem(Program(other.secret).get("/api/v1/items")) == (401, "token")
    with time_machine.travel(timezone.now() + timedelta(days=366), tick=False):
        assert problem(oa.get("/api/v1/items")) == (401, "token")
    assert oa.get("/api/v1/items").status_code == 200
    tokens.revoke(office, "oa", by="tester")
    assert problem(oa.get("/api/v1/items")) == (401, "token")


def test_a_token_asks_so_often_a_minute_and_no_more(office: Office) -> None:
    busy = program(per_minute=3)
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        assert [busy.get("/api/v1/items").status_code for _ in range(3)] == [200] * 3
        clock.shift(20)
        refused = busy.get("/api/v1/items")
        assert problem(refused) == (429, "too-often")
        assert refused.headers["Retry-After"] == "41"
        clock.shift(41)
        assert busy.get("/api/v1/items").status_code == 200
        clock.shift(-86400)  # a clock that was set back blocks nobody
        assert busy.get("/api/v1/items").status_code == 200


# What cannot become an item

DATA = base64.b64encode(b"no picture").decode()
BAD: dict[str, tuple[Any, int, str]] = {
    "no JSON": ("{", 400, "json"),
    "no UTF-8": (b"\xff{}", 400, "json"),
    "nested beyond reason": ("[" * 100_000, 400, "json"),
    "a list": ([], 422, "invalid"),
    "nothing": ({}, 422, "invalid"),
    "unknown field": (TEXT | {"colour": "red"}, 422, "invalid"),
    "wrong kind": (TEXT | {"release": "perhaps"}, 422, "invalid"),
    "half a character": ('{"title": "\\ud800", "content": "a"}', 422, "invalid"),
    "half a character in a list": ('{"content": "a", "channels": ["\\ud800"]}', 422, "invalid"),
    "unknown column": (TEXT | {"column": "nowhere"}, 422, "invalid"),
    "unknown channel": (TEXT | {"channels": ["nowhere"]}, 422, "invalid"),
    "no time": (TEXT | {"publish_at": "soon"}, 422, "invalid"),
    "a time that has passed": (TEXT | {"publish_at": "2020-01-01T09:00"}, 422, "invalid"),
    "no title": ({"content": "<p></p>"}, 422, "unreadable"),
    "picture that is none": (
        {"content": "# a\n\n![](a.png)", "format": "markdown", "pictures": [{"name": "a.png", "data": DATA}]},
        422,
        "unreadable",
    ),
    "picture that is missing": ({"content": "# a\n\n![](b.png)", "format": "markdown"}, 422, "unreadable"),
    "picture from the server's own disk": ({"content": '<h1>a</h1><img src="/etc/passwd">'}, 422, "unreadable"),
    "picture called like a way out": (
        TEXT | {"pictures": [{"name": "..", "data": DATA}]},
        422,
        "unreadable",
    ),
    "no Base64": (TEXT | {"attachments": [{"name": "a.pdf", "data": "*"}]}, 422, "invalid"),
    "empty attachment": (TEXT | {"attachments": [{"name": "a.pdf", "data": ""}]}, 422, "unreadable"),
    "reposted from nobody": (TEXT | {"origin": "reposted"}, 422, "invalid"),
    "withheld without reason": (TEXT | {"disclosure": "withheld"}, 422, "invalid"),
    "released and not proactive": (
        TEXT | {"disclosure": "withheld", "disclosure_reason": "x", "release": True},
        422,
        "not-released",
    ),
}


@pytest.mark.parametrize(("document", "status", "code"), BAD.values(), ids=BAD)
def test_what_cannot_become_an_item_is_a_problem_and_leaves_nothing(
    oa: Program, document: Any, status: int, code: str
) -> None:
    assert problem(oa.post(document, key="k")) == (status, code)
    assert not Item.objects.exists()
    assert not KeyedRequest.objects.exists()


def test_all_slips_are_said_at_once(oa: Program) -> None:
    body = oa.post({"colour": "red", "content": 1}).json()
    assert {error["field"] for error in body["errors"]} == {"colour", "content"}


def test_a_null_character_is_kept_out_of_every_text(oa: Program) -> None:
    answer = oa.post({"title": "通\x00知", "content": "<p>正文</p>", "author": "张\x00三"})
    assert answer.status_code == 201
    made = Revision.objects.get()
    assert "\x00" not in made.title + made.html + made.author


def test_requests_of_the_wrong_kind_or_size_are_problems(oa: Program) -> None:
    assert problem(oa.post("a=b", kind="application/x-www-form-urlencoded")) == (415, "media-type")
    assert problem(oa.post(" " * (MAX_JSON_BYTES + 1))) == (413, "too-large")
    assert problem(oa.post("x", kind="multipart/form-data")) == (400, "form")
    assert problem(oa.post(TEXT, key="ü")) == (400, "key")
    assert problem(oa.post(TEXT, key="k" * 201)) == (400, "key")
    assert problem(oa.form(**TEXT, other=SimpleUploadedFile("a", b"x"))) == (422, "invalid")
    assert problem(oa.form(**TEXT, file=SimpleUploadedFile("a.md", b"# a\n\nb"))) == (422, "invalid")
    assert problem(Client().delete("/api/v1/items", headers=oa.headers)) == (405, "method-not-allowed")
    assert problem(oa.get("/api/v1/nowhere")) == (404, "not-found")
    assert problem(oa.get("/api/v1/items/999")) == (404, "no-item")
    assert problem(oa.get("/api/v1/items?limit=1000")) == (422, "invalid")
    assert problem(oa.get("/api/v1/items?state=lost")) == (422, "invalid")
    assert not Item.objects.exists()


def test_problems_are_told_in_english_where_that_is_asked_for(oa: Program) -> None:
    answer = Client().get("/api/v1/items/7", headers=oa.headers | {"Accept-Language": "en"})
    assert answer.json()["detail"] == "There is no item 7 here."


def test_where_direct_release_is_off_nothing_is_kept(oa: Program, office: Office, settings: Any) -> None:
    change_config(settings, "direct_release = true", "direct_release = false")
    assert problem(oa.post(TEXT | {"release": True})) == (422, "not-released")
    assert not Item.objects.exists()


# The same request again


def test_a_repeated_request_gets_the_same_answer_and_makes_nothing(oa: Program) -> None:
    first = oa.post(TEXT | {"release": True, "channels": "portal"}, key="a-1")
    again = oa.post(json.dumps({"channels": ["portal"], "release": True, **TEXT}, indent=3), key="a-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert Item.objects.count() == 1
    assert LogEntry.objects.filter(event="released_directly").count() == 1


def test_a_key_belongs_to_one_request_and_one_token(oa: Program) -> None:
    assert oa.post(TEXT, key="a-1").status_code == 201
    changed = TEXT | {"content": "<p>别的正文，与前一篇完全不同。</p>"}
    assert problem(oa.post(changed, key="a-1")) == (422, "key-reused")
    other = program(name="other")
    assert other.post(changed, key="a-1").status_code == 201
    assert Item.objects.count() == 2


def test_a_request_that_failed_may_be_mended_under_its_key(oa: Program) -> None:
    assert oa.post(TEXT | {"column": "nowhere"}, key="a-1").status_code == 422
    assert oa.post(TEXT, key="a-1").status_code == 201


def test_whoever_finds_half_of_it_done_goes_on_from_there(oa: Program) -> None:
    # As a process leaves it that dies between the two commits: the item is there, its release and answer are not.
    asked = TEXT | {"release": True, "channels": "portal"}
    assert oa.post(TEXT | {"channels": "portal"}, key="other").status_code == 201
    item = Item.objects.get()
    digest = KeyedRequest.objects.get().digest
    whole = oa.post(asked | {"allow_similar": True}, key="whole")
    assert whole.status_code == 201
    row = KeyedRequest.objects.get(key="whole")
    assert row.digest != digest
    KeyedRequest.objects.filter(key="whole").update(item=item, answer=None)
    again = oa.post(asked | {"allow_similar": True}, key="whole")
    assert (again.json()["item"], again.json()["state"]) == (item.pk, "approved")
    assert Item.objects.count() == 2


@pytest.mark.usefixtures("committed")
def test_two_at_once_make_one_item(office: Office) -> None:
    oa = program()
    answers: list[Any] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        answers.append(oa.post(TEXT | {"release": True, "channels": "portal"}, key="same"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({json.dumps(answer.json()) for answer in answers}) == 1
    assert Item.objects.count() == 1
    assert LogEntry.objects.filter(event="released_directly").count() == 1


def test_the_same_request_that_became_an_item_meanwhile_is_not_called_like_itself(
    oa: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = submitting._read

    def comes_again(caller: submitting.Caller, asked: Asked) -> Any:
        monkeypatch.undo()
        first.append(oa.post(LONG, key="same"))
        return read(caller, asked)

    first: list[Any] = []
    monkeypatch.setattr(submitting, "_read", comes_again)
    second = oa.post(LONG, key="same")
    assert (first[0].status_code, second.status_code) == (201, 201)
    assert first[0].json() == second.json()
    assert Item.objects.count() == 1


# Nearly the same text, findings, channels of their own

LONG = {
    "title": "关于举办2026年科技活动周的通知",
    "content": "<p>经研究，定于2026年5月20日至26日举办科技活动周，请各县（区）科技主管部门和各有关单位高度重视，结合"
    "本地区本部门实际，认真组织开展形式多样的群众性科技活动，并于活动结束后一周内将总结材料报送市科学技术局。特此通知。</p>",
}


def test_nearly_the_same_text_is_refused_until_somebody_says_that_it_is_another_item(oa: Program) -> None:
    first = oa.post(LONG).json()["item"]
    again = LONG | {
        "title": "舉辦2026年科技活動週",
        "content": LONG["content"].replace("，", ",").replace("认真", "精心"),
    }
    refused = oa.post(again, key="a-1")
    assert problem(refused) == (409, "similar")
    (found,) = refused.json()["similar"]
    assert LONG["title"] in refused.json()["detail"]
    assert (found["item"], found["title"], found["state"]) == (first, LONG["title"], "submitted")
    assert 0.9 < found["score"] < 1
    assert Item.objects.count() == 1
    assert oa.post(again | {"allow_similar": True}, key="a-1").status_code == 201
    assert oa.post(again | {"allow_similar": True}, key="a-1").status_code == 201
    assert Item.objects.count() == 2


def test_what_the_checks_find_keeps_it_back_and_a_reason_lets_it_pass(oa: Program) -> None:
    # A valid identity number, made up: region 510402, 1 January 1990.
    text = {"title": "公示", "content": "<p>张某，身份证号码510402199001010012，予以公示。</p>", "release": True}
    kept = oa.post(text | {"channels": "portal"}).json()
    assert kept["state"] == "submitted"
    assert [f["severity"] for f in kept["findings"] if f["kind"] == "identity"] == ["error"]
    assert "510402199001010012" not in json.dumps(kept)
    assert len(kept["notes"]) == 1
    passed = oa.post(text | {"channels": "portal", "despite": "本人同意", "allow_similar": True}).json()
    assert (passed["state"], passed["notes"]) == ("approved", [])
    assert LogEntry.objects.get(event="released_directly").detail["despite"] == "本人同意"


def test_single_channels_may_say_something_different(oa: Program) -> None:
    cover = {"name": "封面.png", "data": base64.b64encode(picture("red").content).decode()}
    own = {"weibo": {"title": "短标题"}, "wechat": {"cover": "封面.png", "content": "<p>微信正文。</p>"}}
    assert oa.post(TEXT | {"variants": own, "pictures": [cover]}).status_code == 201
    weibo, wechat = Revision.objects.get().variants.order_by("-channel")
    assert (weibo.title, wechat.html, wechat.cover) == ("短标题", "<p>微信正文。</p>", picture("red").sha256)
    missing = {"wechat": {"cover": "别的.png"}}
    assert problem(oa.post(TEXT | {"variants": missing})) == (422, "unreadable")
    assert problem(oa.post(TEXT | {"channels": "portal", "variants": own, "pictures": [cover]})) == (422, "invalid")


def test_where_items_are_approved_one_of_a_program_goes_up_as_any_other(office: Office, settings: Any) -> None:
    change_config(settings, "steps = []", 'steps = [{ key = "head", name = "初审", kind = "review" }]')
    made = program().post(TEXT | {"channels": "portal"}, key="a-1").json()
    assert made["state"] == "in_review"
    assert Review.objects.get().opened_by == "token:oa"
    kept = {"disclosure": "withheld", "disclosure_reason": "内部事项"}
    assert program(name="other").post(TEXT | kept | {"allow_similar": True}).json()["state"] == "submitted"
    assert Review.objects.count() == 1


# Lists


@pytest.fixture
def seven(office: Office) -> list[int]:
    return [
        submit(office, Manuscript(f"第{n}篇", "<p>正文。</p>", ()), Wish(column=column), by="t").item.pk
        for n, column in enumerate(["notices", "dynamics"] * 3 + ["notices"])
    ]


def pages(oa: Program, address: str) -> Iterator[list[int]]:
    while address:
        page = oa.get(address).json()
        yield [item["item"] for item in page["items"]]
        address = page["next"]


def test_a_list_has_pages_newest_first(oa: Program, seven: list[int]) -> None:
    assert list(pages(oa, "/api/v1/items?limit=3")) == [seven[:3:-1], seven[3:0:-1], seven[:1]]
    assert list(pages(oa, "/api/v1/items?limit=2&column=notices")) == [[seven[6], seven[4]], [seven[2], seven[0]]]
    assert list(pages(oa, "/api/v1/items?state=approved")) == [[]]


def test_a_longer_list_asks_no_more_of_the_database(
    oa: Program, seven: list[int], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        assert len(oa.get("/api/v1/items?limit=200").json()["items"]) == 7
    with django_assert_max_num_queries(9):
        assert len(oa.get("/api/v1/items?limit=1").json()["items"]) == 1


def test_the_description_is_there_for_everybody_and_names_both_kinds_of_body(office: Office) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    body = document["paths"]["/api/v1/items"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "multipart/form-data"}
    assert {"title", "content", "channels", "document_number"} <= set(body["application/json"]["schema"]["properties"])
    assert "file" in body["multipart/form-data"]["schema"]["properties"]
    assert "$ref" not in json.dumps(body)
