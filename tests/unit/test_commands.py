"""The command line as its users meet it: what it prints, and the status it ends with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels.sandbox.server import Sandbox
from tests.world import World

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Sandbox() as sandbox:
        sandbox.wechat.settings.publish_takes_s = 0
        made = World.make(tmp_path_factory.mktemp("world"), sandbox)
        yield made
        made.stop()


@pytest.fixture(scope="module")
def submitted(world: World) -> dict[str, Any]:
    """The real report, submitted once and out on all channels."""
    words = ("--column", "annual-reports", "--section", "办公室", "--approve", "--wait", "60", "--json")
    done = world.publisher("submit", str(DATA / "annual-report-2017.txt"), *words)
    assert done.status == 0, done.err
    document: dict[str, Any] = done.json
    return document


def test_submit_answers_with_the_agreed_document(submitted: dict[str, Any]) -> None:
    assert {"item", "revision", "digest", "state", "deliveries"} <= set(submitted)
    assert [d["channel"] for d in submitted["deliveries"]] == ["portal", "wechat", "daily", "weibo"]
    for delivery in submitted["deliveries"]:
        assert {"id", "channel", "action", "state", "remote_id", "url", "evidence", "error"} <= set(delivery)
        assert (delivery["state"], delivery["action"], delivery["error"]) == ("done", "publish", None)


def test_status_of_an_item_is_the_same_document(world: World, submitted: dict[str, Any]) -> None:
    assert world.publisher("status", str(submitted["item"]), "--json").json == submitted


def test_each_channel_holds_the_report(world: World, submitted: dict[str, Any]) -> None:
    title = "攀枝花市科學技術和知識產權局2017年度政府信息公開工作年度報告"
    number = submitted["item"]
    (page,) = (world.home / "site").rglob(f"t*_{number}.html")
    assert "全年調整欄目2個" in page.read_text(encoding="utf-8")
    assert [article.title for article in world.sandbox.wechat.published].count(title) == 1
    assert [post.link for post in world.sandbox.weibo.posts].count(submitted["deliveries"][0]["url"]) == 1
    (folder,) = (world.home / "exports" / "daily").glob(f"kzj-{number}-r1_*")
    assert {path.suffix for path in folder.iterdir()} == {".docx", ".txt", ".json"}


def test_the_log_lists_exports_and_verifies(world: World, submitted: dict[str, Any]) -> None:
    rows = world.publisher("log", "list", "--json").json
    ours = [row for row in rows if row["item"] == submitted["item"]]
    published = {row["channel"]: row for row in ours if row["event"] in ("published", "handed_over")}
    assert set(published) == {"portal", "wechat", "weibo", "daily"}
    assert published["daily"]["event"] == "handed_over"
    assert published["portal"]["url"] == submitted["deliveries"][0]["url"]
    assert world.publisher("log", "list", "--limit", "2", "--json").json == rows[-2:]
    exported = world.home / "log.jsonl"
    assert world.publisher("log", "export", "--out", str(exported)).status == 0
    assert [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()] == rows
    assert world.publisher("log", "verify", str(exported)).status == 0
    exported.write_text(exported.read_text(encoding="utf-8").replace("办公室", "科技科"), encoding="utf-8")
    changed = world.publisher("log", "verify", str(exported), "--json")
    assert (changed.status, changed.json["sound"]) == (1, False)


def test_the_year_is_counted_from_the_log(world: World, submitted: dict[str, Any]) -> None:
    rows = world.publisher("log", "list", "--json").json
    year = rows[0]["year"]
    out = [row for row in rows if row["event"] in ("published", "handed_over")]
    counted = world.publisher("count", str(year), "--json").json
    assert counted["publications"] == len(out)
    assert counted["items"] == len({row["item"] for row in out})
    assert counted["handed_over"] == sum(row["event"] == "handed_over" for row in out)
    reports = {(row["channel"], row["count"]) for row in counted["rows"] if row["column"] == "annual-reports"}
    assert reports == {(channel, 1) for channel in ("portal", "wechat", "weibo", "daily")}
    strict = world.publisher("count", str(year), "--rule", "published", "--by", "class,section,month", "--json").json
    assert strict["publications"] == counted["publications"] - counted["handed_over"]
    by_class = {row["class"]: row["count"] for row in strict["rows"] if row["section"] == "办公室"}
    assert by_class == {"信息公开年报": 3}
    assert world.publisher("count", str(year - 1), "--json").json["publications"] == 0


def test_without_release_nothing_goes_out_and_later_release_works(world: World, submitted: dict[str, Any]) -> None:
    waiting = world.publisher("submit", "-", "--to", "portal", "--json", stdin="# 待审\n\n正文。".encode()).json
    assert (waiting["state"], waiting["deliveries"]) == ("submitted", [])
    released = world.publisher("approve", str(waiting["item"]), "--wait", "30", "--json")
    assert released.status == 0
    assert released.json["deliveries"][0]["state"] == "done"
    assert world.publisher("approve", str(waiting["item"])).status == 1


@pytest.mark.once
def test_a_channel_without_credentials_is_told_and_the_others_go_on(world: World, submitted: dict[str, Any]) -> None:
    words = ("submit", "-", "--to", "portal,wechat", "--approve", "--wait", "30", "--json")
    done = world.publisher(*words, stdin="# 缺少凭据\n\n正文。".encode(), WECHAT_APP_SECRET="")
    states = {d["channel"]: d["state"] for d in done.json["deliveries"]}
    # Where another delivery met the missing secret first, this one waits for the channel that was paused by it.
    assert (done.status, states["portal"]) == (1, "done")
    assert states["wechat"] in ("held", "waiting")
    assert "WECHAT_APP_SECRET" in done.json["deliveries"][1]["error"]
    held = str(done.json["deliveries"][1]["id"])
    assert world.publisher("cancel", held, "--json").json["state"] == "cancelled"
    channels = {row["channel"]: row for row in world.publisher("channel", "list", "--json").json}
    assert (channels["portal"]["paused_at"], channels["wechat"]["paused_by"]) == (None, "system")
    assert "WECHAT_APP_SECRET" in channels["wechat"]["pause"]
    assert world.publisher("channel", "resume", "wechat").status == 0
    assert world.publisher("channel", "resume", "wechat").status == 1


def test_a_platform_that_is_not_there_leaves_it_under_way(world: World, submitted: dict[str, Any]) -> None:
    config = world.home / "dead.toml"
    text = (world.home / "office.toml").read_text(encoding="utf-8")
    config.write_text(text.replace(world.sandbox.url, "http://127.0.0.1:9"), encoding="utf-8")
    words = ("submit", "-", "--to", "portal,wechat", "--approve", "--wait", "1", "--json")
    done = world.publisher(*words, stdin="# 平台不在\n\n正文。".encode(), PUBLISHER_CONFIG=str(config))
    states = {d["channel"]: d["state"] for d in done.json["deliveries"]}
    assert (done.status, states) == (3, {"portal": "done", "wechat": "waiting"})


BAD = {
    "no such file": (("submit", "nowhere.docx"), b"", 2),
    "empty text": (("submit", "-"), b" \n", 2),
    "no Word file": (("submit", "FAKE"), b"", 2),
    "unknown column": (("submit", "-", "--column", "nowhere"), b"# a\n\nb", 2),
    "unknown channel": (("submit", "-", "--to", "portal,nowhere"), b"# a\n\nb", 2),
    "not proactive": (("submit", "-", "--disclosure", "withheld", "--approve"), b"# a\n\nb", 1),
    "unknown disclosure": (("submit", "-", "--disclosure", "secret"), b"# a\n\nb", 2),
    "no time": (("submit", "-", "--at", "tomorrow"), b"# a\n\nb", 2),
    "a time that has passed": (("submit", "-", "--at", "2020-01-01T09:00"), b"# a\n\nb", 2),
    "unknown option": (("submit", "-", "--bogus"), b"# a\n\nb", 2),
    "unknown item": (("status", "999"), b"", 2),
    "unknown delivery": (("retry", "999"), b"", 2),
    "unknown rule": (("count", "2026", "--rule", "x"), b"", 2),
    "unknown channel to try": (("channel", "test", "x"), b"", 2),
}


@pytest.mark.parametrize(("words", "stdin", "status"), BAD.values(), ids=BAD)
@pytest.mark.once
def test_bad_input_is_one_message_and_nothing_is_kept(
    world: World, submitted: dict[str, Any], words: tuple[str, ...], stdin: bytes, status: int
) -> None:
    fake = world.home / "fake.docx"
    fake.write_bytes(b"this is not a Word file")
    before = world.rows("items_item")
    done = world.publisher(*(str(fake) if word == "FAKE" else word for word in words), stdin=stdin)
    assert done.status == status, done.err
    assert done.out == ""
    assert done.err.strip()
    assert "Traceback" not in done.err
    assert world.rows("items_item") == before


@pytest.mark.once
def test_where_direct_release_is_off_approve_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        off = World.make(tmp_path, sandbox, changes=[("direct_release = true", "direct_release = false")])
        refused = off.publisher("submit", "-", "--approve", stdin=b"# a\n\nb")
        assert (refused.status, off.publisher("status", "--json").json) == (1, {"items": []})


@pytest.mark.once
def test_every_channel_can_be_tried(world: World) -> None:
    for name in ("portal", "wechat", "weibo", "daily"):
        tried = world.publisher("channel", "test", name, "--json")
        assert (tried.status, tried.json["ok"]) == (0, True), tried.out
    wrong = world.publisher("channel", "test", "wechat", "--json", WECHAT_APP_SECRET="wrong-secret")
    assert (wrong.status, wrong.json["ok"]) == (1, False)
    assert "wrong-secret" not in wrong.out + wrong.err


@pytest.mark.once
def test_config_check_names_a_missing_secret(world: World) -> None:
    assert world.publisher("config", "check").status == 0
    missing = world.publisher("config", "check", "--json", WEIBO_ACCESS_TOKEN="")
    assert missing.status == 1
    assert missing.json["problems"][0]["key"] == "channels.weibo.access_token"


@pytest.mark.once
def test_messages_are_chinese_and_english_where_the_locale_asks_for_it(world: World) -> None:
    assert "没有" in world.publisher("status", "999").err
    assert "错误：缺少参数 'ITEM'" in world.publisher("recall", "--reason", "x").err
    assert "There is no item 999" in world.publisher("status", "999", LC_ALL="en_US.UTF-8").err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/x"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/x"),
        ("BROKER_URL", "redis"),
        ("PUBLISHER_HOSTS", "https://desk.example.gov.cn"),
        ("PUBLISHER_LOG_LEVEL", "loud"),
        ("PUBLISHER_ORIGINS", "desk.example.gov.cn"),
        ("PUBLISHER_TIME_SCALE", "soon"),
        ("PUBLISHER_HOME", "/proc/nowhere"),
        ("PUBLISHER_CONFIG", "/nowhere.toml"),
    ],
)
@pytest.mark.once
def test_a_wrong_environment_is_one_message(world: World, name: str, value: str) -> None:
    done = world.publisher("status", **{name: value})
    assert done.status == 2
    assert "Traceback" not in done.err
    assert done.err.strip()


@pytest.mark.once
def test_a_damaged_database_is_one_message(world: World, tmp_path: Path) -> None:
    (tmp_path / "publisher.sqlite3").write_bytes(b"no database" * 1000)
    done = world.publisher("status", PUBLISHER_HOME=str(tmp_path))
    assert done.status == 2
    assert "数据库无法使用（数据库文件已损坏）" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.once
def test_the_demonstration_does_the_main_job(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        world = World.make(tmp_path, sandbox)
        done = world.publisher("demo")
    assert done.status == 0, done.err
    (home,) = (tmp_path / "demo").iterdir()
    assert len(list((home / "site").rglob("t*.html"))) == 3
    assert len(list((home / "exports" / "daily").glob("kzj-*"))) == 3
    assert done.out.count("https://weibo.com/") >= 3
    assert f"{home}/site/index.html" in done.err


def test_an_item_is_corrected_and_taken_back(world: World, submitted: dict[str, Any]) -> None:
    first = world.publisher(
        *("submit", "-", "--to", "portal", "--approve", "--wait", "30", "--json"), stdin="# 更正\n\n旧文。".encode()
    ).json
    number, url = str(first["item"]), first["deliveries"][0]["url"]
    corrected = world.publisher(
        "correct", number, "-", "--approve", "--wait", "30", "--json", stdin="# 更正\n\n新文。".encode()
    )
    newest = corrected.json["deliveries"][-1]
    assert (corrected.status, corrected.json["revision"]) == (0, 2)
    assert (newest["action"], newest["state"], newest["url"]) == ("correct", "done", url)
    (page,) = (world.home / "site").rglob(f"t*_{number}.html")
    assert "新文" in page.read_text(encoding="utf-8")
    assert world.publisher("recall", number, "--to", "weibo", "--reason", "x").status == 2
    back = world.publisher("recall", number, "--reason", "内容有误", "--wait", "30", "--json")
    assert (back.status, back.json["deliveries"][-1]["action"]) == (0, "recall"), back.err
    assert "新文" not in page.read_text(encoding="utf-8")
    told = [row["event"] for row in world.publisher("log", "list", "--json").json if row["item"] == int(number)]
    assert told == [
        *("submitted", "released_directly", "published", "submitted", "released_directly", "corrected"),
        *("recall_asked", "recall_ordered", "recalled", "recall_settled", "recall_completed"),
    ]
    (recall,) = back.json["recalls"]
    assert (recall["state"], recall["channels"][0]["state"]) == ("closed", "removed")
    assert world.publisher("recalls", "--all", "--json").json["recalls"] == [recall]
    assert world.publisher("status", number, "--json").json == back.json


def test_a_paused_channel_keeps_what_is_meant_for_it_until_it_is_resumed(
    world: World, submitted: dict[str, Any]
) -> None:
    assert world.publisher("channel", "pause", "daily", "--reason", "排版调整").status == 0
    assert world.publisher("channel", "pause", "daily", "--reason", "again").status == 1
    words = ("submit", "-", "--to", "daily", "--approve", "--wait", "20", "--json")
    done = world.publisher(*words, stdin="# 暂停\n\n正文。".encode())
    assert (done.status, done.json["deliveries"][0]["state"]) == (1, "waiting")
    assert "排版调整" in done.json["deliveries"][0]["error"]
    assert world.publisher("channel", "resume", "daily").status == 0
    item = str(done.json["item"])
    waited = world.publisher("status", item, "--json").json
    assert waited["deliveries"][0]["error"] is None
    assert world.publisher("channel", "resume", "nowhere").status == 2


def test_deciding_needs_numbers_or_all_that_is_overdue(world: World, submitted: dict[str, Any]) -> None:
    assert world.publisher("retry").status == 2
    assert world.publisher("cancel", "1", "--overdue").status == 2
    assert world.publisher("retry", "--overdue", "--json").json == []
    assert world.publisher("status", "--held", "--json").status == 0
