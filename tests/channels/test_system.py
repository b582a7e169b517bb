"""A site that is told about in configured calls: the shared promises, kept with the example of a closed portal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import tomllib
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from channels.base import Accepted, Channel, Evidence, Place, Receipt
from channels.errors import (
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    SettingRefused,
)
from channels.registry import channel_class
from channels.sandbox.faults import Fault
from channels.website.system import xml
from channels.website.system.calls import Calls, sign
from channels.website.system.channel import SystemWebsite
from channels.website.system.options import SystemOptions
from channels.website.system.templates import at, fill, names_in, written
from tests.channels.afterwards import Corrects, TakesBack
from tests.channels.breaking import BreakingServer, Call, Reply
from tests.channels.contract import Platform, Trouble
from tests.channels.memory_steps import MemorySteps
from tests.channels.platforms import text_of
from tests.channels.portal_system import KEY, SECRET, PortalSystem
from tests.channels.samples import COLUMN, make_article

EXAMPLES = Path(__file__).parents[2] / "config" / "systems"
ADD, LIST = "POST /api/article/add", "GET /api/article/list"
LOST = ("reset_before", "reset_after", "error_before", "error_after", "garbage_after", "half_after")
OLD_KEY = "sandbox-old-key"
SECRETS = {"PLATFORM_APP_KEY": KEY, "PLATFORM_APP_SECRET": SECRET}


def example(name: str) -> dict[str, Any]:
    """The channel's table of a worked example."""
    channels = tomllib.loads((EXAMPLES / name).read_text(encoding="utf-8"))["channels"]
    (table,) = channels.values()
    return {key: value for key, value in table.items() if key != "kind"}


def options(url: str, **changes: Any) -> SystemOptions:
    values = example("platform.toml") | {"api_base": url, "base_url": url, "timeout_s": 1} | changes
    return SystemOptions.model_validate({name: value for name, value in values.items() if value is not None})


class PortalPlatform(Platform):
    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.system = PortalSystem()
        self.url = self.system.url

    def __enter__(self) -> Self:
        self.system.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.system.__exit__()

    def books(self) -> list[str]:
        return [f"{row['title']}\n{text_of(row['content'])}" for row in self.system.articles.values()]

    def misbehave(self, path: str, fault: str) -> None:
        self.system.faults.arm(path, Fault(fault), 1)


class TestSystem(TakesBack, Corrects):
    speaks = PortalPlatform
    secrets = SECRETS
    troubles = (
        *(Trouble(ADD, fault, OutcomeUnknown) for fault in LOST),
        Trouble(ADD, "busy", ChannelUnavailable),
        Trouble(LIST, "garbage_after", ChannelUnavailable),
        Trouble("POST /api/file/upload", "error_after", ChannelUnavailable),
        Trouble("POST /api/oauth/token", "reset_before", ChannelUnavailable),
    )
    recall_troubles = (
        *(Trouble("POST /api/article/delete", fault, OutcomeUnknown) for fault in ("error_before", "reset_after")),
        Trouble("GET /api/article/detail", "error_before", ChannelUnavailable),
    )

    def make_channel(self, url: str) -> Channel:
        return SystemWebsite("platform", options(url), self.place)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalSystem]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with PortalSystem() as running:
        yield running


def make_channel(system: PortalSystem, **changes: Any) -> SystemWebsite:
    return SystemWebsite("platform", options(system.url, **changes), Place(Path(), "局", columns=(COLUMN,)))


def published(system: PortalSystem, **changes: Any) -> Receipt:
    channel = make_channel(system)
    receipt = channel.publish(channel.render(make_article(**changes)), MemorySteps())
    assert isinstance(receipt, Receipt)
    return receipt


def test_the_system_gets_what_the_template_says(system: PortalSystem) -> None:
    receipt = published(system, title='他说"好" & 再见 \\ {x}')
    (article,) = system.articles.values()
    assert article["title"] == '他说"好" & 再见 \\ {x}'
    assert (article["channelId"], article["extCode"], article["extVersion"]) == (10231, "kzj-31", "kzj-31-r1")
    assert article["attachments"] == [{"name": "名单.pdf", "url": f"{system.url}/files/2.bin"}]
    assert f'src="{system.url}/files/1.bin"' in unescape(article["content"])
    assert article["coverImage"] == f"{system.url}/files/1.bin"
    assert (receipt.remote_id, receipt.url, receipt.evidence) == (
        "9000",
        f"{system.url}/art/9000.html",
        Evidence.READ_BACK,
    )
    assert [name for name, _content in system.files] == ["picture.png", "名单.pdf"]


def test_an_old_token_is_renewed_once_and_a_wrong_secret_is_said(
    system: PortalSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = make_channel(system)
    product, steps = channel.render(make_article()), MemorySteps()
    channel.publish(product, steps)
    system.expire_token()
    other = channel.render(make_article(key="kzj-32-r1", item=32))
    assert channel.publish(other, MemorySteps())
    assert len([call for call in system.calls if "token" in call]) == 2
    monkeypatch.setenv("PLATFORM_APP_SECRET", "another")
    with pytest.raises(CredentialsRefused, match="应用密钥错误"):
        make_channel(system).publish(other, MemorySteps())
    assert not make_channel(system).probe()[0].ok


def test_what_is_not_listed_yet_is_accepted_and_confirmed_later(system: PortalSystem) -> None:
    system.is_listing = False
    channel, steps = make_channel(system), MemorySteps()
    product = channel.render(make_article())
    accepted = channel.publish(product, steps)
    assert isinstance(accepted, Accepted)
    assert channel.confirm(product, accepted, steps) is accepted
    system.is_listing = True
    assert isinstance(channel.confirm(product, accepted, steps), Receipt)


def test_absence_counts_only_where_the_configuration_says_so(system: PortalSystem) -> None:
    lookup = example("platform.toml")["lookup"]
    told = make_channel(system).capabilities.absence_after_s
    untold = make_channel(system, lookup={k: v for k, v in lookup.items() if k != "absent_after_s"})
    without = make_channel(system, lookup=None)
    assert (told, untold.capabilities.absence_after_s, without.capabilities.absence_after_s) == (120, None, None)


def test_without_a_lookup_nothing_is_found_after_doubt(system: PortalSystem) -> None:
    channel, steps = make_channel(system, lookup=None), MemorySteps()
    product = channel.render(make_article())
    system.faults.arm(ADD, Fault.RESET_AFTER, 1)
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    assert channel.find(product, steps) is None
    with pytest.raises(OutcomeUnknown):
        channel.publish(product, steps)
    assert len(system.articles) == 1


def test_where_no_file_can_be_uploaded_none_is_named(system: PortalSystem) -> None:
    channel = make_channel(system, upload=None)
    product = channel.render(make_article())
    assert [problem.severity for problem in channel.check(product)] == ["warning"]
    channel.publish(product, MemorySteps())
    (article,) = system.articles.values()
    assert "<img" not in article["content"]
    assert "asset:" not in article["content"]
    assert "<li>名单.pdf</li>" in article["content"]


def test_a_correction_that_cannot_be_told_is_a_persons(system: PortalSystem) -> None:
    receipt = published(system)
    lookup = example("platform.toml")["lookup"]
    channel = make_channel(system, lookup={k: v for k, v in lookup.items() if k != "shows"})
    product, steps = channel.render(make_article(key="kzj-31-r2", revision=2)), MemorySteps()
    system.faults.arm("POST /api/article/update", Fault.RESET_AFTER, 1)
    with pytest.raises(OutcomeUnknown):
        channel.correct(receipt, product, steps)
    with pytest.raises(PersonNeeded, match="new text"):
        channel.find(product, steps)


def test_a_refusal_shows_the_systems_own_words(system: PortalSystem) -> None:
    system.refuses = "标题含有敏感词"
    with pytest.raises(ProductRefused, match="标题含有敏感词"):
        published(system)


def test_without_a_call_for_it_the_page_itself_is_looked_at(system: PortalSystem) -> None:
    receipt = published(system)
    channel = make_channel(system, view=None)
    assert channel.look(receipt).is_there
    system.articles.clear()
    assert not channel.look(receipt).is_there


@pytest.mark.parametrize("view", [example("platform.toml")["view"], None], ids=["by its call", "as a reader"])
def test_a_file_that_is_gone_is_told_by_the_look(system: PortalSystem, view: dict[str, Any] | None) -> None:
    receipt, channel = published(system), make_channel(system, view=view)
    assert channel.look(receipt).problems == ()
    system.files[1] = ("", b"")
    assert [str(text) for text in channel.look(receipt).problems] == [
        f"The page or file {system.url}/files/2.bin does not open for readers."
    ]


def test_what_would_be_sent_is_shown_without_a_call_and_without_secrets(system: PortalSystem) -> None:
    channel = make_channel(system)
    shown = channel.calls(channel.render(make_article()))
    assert [text.splitlines()[0] for text in shown] == [
        *("# token", "# upload", "# upload", "# lookup", "# create", "# update", "# view", "# delete")
    ]
    whole = "\n".join(shown)
    assert system.calls == []
    assert not [secret for secret in SECRETS.values() if secret in whole]
    assert '"title": "我市新增5家国家高新技术企业"' in whole
    assert "appSecret = <app_secret>" in whole
    assert "file = [publisher-" in whole


# Calls and answers in XML


class OldSystem(BreakingServer):
    """What config/systems/webservice.toml describes: documents in GB18030 both ways, signed with HMAC-SM3."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: list[etree._Element] = []
        self.files: list[bytes] = []

    def reply(self, call: Call) -> Reply:
        path = urlsplit(call.path)
        name = path.path.rpartition("/")[2]
        if name == "find":
            wanted = dict(parse_qsl(path.query))["outerId"]
            found = [self._row(number) for number in range(len(self.articles)) if self._outer(number) == wanted]
            return self._said(f"<articles>{''.join(found)}</articles>")
        if call.headers["X-Sign"] != self._signature(path.path, call):
            return self._said("<message>签名错误</message>", code=7)
        document = etree.fromstring(call.body)
        if name == "file":
            self.files.append(base64.b64decode(document.findtext("data") or ""))
            return self._said(f"<url>/files/{len(self.files)}</url>")
        self.articles.append(document)
        return self._said(f'<article id="{len(self.articles)}"/>')

    def _outer(self, number: int) -> str:
        return self.articles[number].findtext("outerId") or ""

    def _row(self, number: int) -> str:
        version = self.articles[number].findtext("version")
        return (
            f'<article id="{number + 1}"><outerId>{self._outer(number)}</outerId><version>{version}</version></article>'
        )

    def _signature(self, path: str, call: Call) -> str:
        """By another library than ours."""
        made = HMAC(OLD_KEY.encode(), SM3())
        digest = hashlib.sha256(call.body).hexdigest()
        made.update(f"{path}\n{call.headers['X-Time']}\n{digest}".encode())
        return made.finalize().hex().upper()

    def _said(self, content: str, code: int = 0) -> Reply:
        text = f'<?xml version="1.0" encoding="GB18030"?><response code="{code}">{content}</response>'
        return Reply(200, text.encode("gb18030"), [("Content-Type", "text/xml")])


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> Iterator[OldSystem]:
    monkeypatch.setenv("OLDSITE_ACCOUNT", "kzj")
    monkeypatch.setenv("OLDSITE_KEY", OLD_KEY)
    with OldSystem() as running:
        yield running


def old_channel(system: OldSystem) -> SystemWebsite:
    values = example("webservice.toml") | {"api_base": system.url, "base_url": system.url}
    return SystemWebsite("oldsite", SystemOptions.model_validate(values), Place(Path(), "局", columns=(COLUMN,)))


def test_an_older_system_gets_its_document_and_is_understood(old: OldSystem) -> None:
    channel, steps = old_channel(old), MemorySteps()
    product = channel.render(make_article(title="""甲 <乙> & "丙" ]]> {丁} 镕\x0b"""))
    receipt = channel.publish(product, steps)
    assert isinstance(receipt, Receipt)
    (document,) = old.articles
    assert document.findtext("title") == """甲 <乙> & "丙" ]]> {丁} 镕"""
    assert f'<img src="{old.url}/files/1"' in (document.findtext("content") or "")
    assert (document.get("channel"), old.files[1][:4]) == ("0302", b"%PDF")
    assert (receipt.remote_id, receipt.url, receipt.evidence) == ("1", f"{old.url}/art/1.html", Evidence.READ_BACK)
    steps.lose_answer()
    assert channel.find(product, steps) == receipt
    assert len(old.articles) == 1


def test_an_older_system_that_refuses_says_why(old: OldSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLDSITE_KEY", "another")
    channel = old_channel(old)
    with pytest.raises(ProductRefused, match="签名错误"):
        channel.publish(channel.render(make_article(media=(), html="<p>无图。</p>", attachments=())), MemorySteps())
    assert old.articles == []


def test_an_earlier_revision_that_comes_late_is_refused(old: OldSystem) -> None:
    channel = old_channel(old)
    channel.publish(channel.render(make_article(key="kzj-31-r12", revision=12)), MemorySteps())
    with pytest.raises(ProductRefused, match="later revision"):
        channel.publish(channel.render(make_article(key="kzj-31-r9", revision=9)), MemorySteps())
    assert [one.findtext("version") for one in old.articles] == ["12"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"<a><b>1</b><b>2</b><c x='y'/></a>", {"a": {"b": ["1", "2"], "c": {"@x": "y"}}}),
        (b"<n:a xmlns:n='u'><n:b> t </n:b></n:a>", {"a": {"b": "t"}}),
        (b"<a/>", {"a": ""}),
        (b"<html><p>x</html>", None),
        (b"", None),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', {"a": ""}),
    ],
)
def test_xml_is_read_as_names_and_texts(body: bytes, found: object) -> None:
    assert xml.read(body) == found


@given(st.text(), st.text())
def test_no_text_breaks_out_of_its_element(title: str, value: str) -> None:
    document = written('<a x="{title}">{html}</a>', {"title": title, "html": value}, xml.escaped)
    read = etree.fromstring(document)
    assert (read.get("x") or "").split() == xml.NO_XML.sub("", title).split()
    assert (read.text or "").split() == xml.NO_XML.sub("", value).split()


# Templates and settings


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{item}", 31),
        ("{item|int}", 31),
        ("第{item}条", "第31条"),
        ("{column|int}", 12),
        ("{created|date:%Y/%m/%d}", "2026/11/20"),
        ("{created|s}", 1763602200 + 365 * 86400),
        ("{created|iso}", "2026-11-20T09:30:00+08:00"),
        ("{created}", "2026-11-20 09:30:00"),
        ("{{{item}}}", "{31}"),
        ([{"a": "{item}"}], [{"a": 31}]),
        (7, 7),
    ],
)
def test_a_template_becomes_its_value(template: object, shown: object) -> None:
    values = {"item": 31, "column": "12", "created": make_article().created_on}
    assert fill(template, values) == shown


@given(st.text(), st.text())
def test_no_text_breaks_out_of_its_place(title: str, html: str) -> None:
    assert fill({"a": "{title}", "b": "x{html}"}, {"title": title, "html": html}) == {"a": title, "b": f"x{html}"}


@pytest.mark.parametrize("wrong", ["{title", "title}", "{title|upper}", "{a b}", "{date|int:3}"])
def test_a_slip_in_a_template_is_found_when_it_is_read(wrong: str) -> None:
    with pytest.raises(SettingRefused):
        list(names_in(wrong))


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.b", 1), ("a.c", None), ("list.1.id", "y"), ("list.9.id", None), ("a.b.c", None), ("", {"a": {"b": 1}})],
)
def test_a_path_leads_to_its_place(path: str, value: object) -> None:
    data: Mapping[str, object] = {"a": {"b": 1}} if not path else {"a": {"b": 1}, "list": [{"id": "x"}, {"id": "y"}]}
    assert at(data, path) == value


@pytest.mark.parametrize("method", ["hmac-sha256", "hmac-sha1", "hmac-md5", "hmac-sha512"])
def test_a_signature_is_what_others_make_of_it(method: str) -> None:
    assert sign(b"m", b"k", method, "hex") == hmac.new(b"k", b"m", method.removeprefix("hmac-")).hexdigest()


def test_a_plain_digest_and_other_forms() -> None:
    assert sign(b"m", b"k", "md5", "HEX") == hashlib.md5(b"m", usedforsecurity=False).hexdigest().upper()
    assert sign(b"m", b"k", "sha256", "base64") == "YsZqel3XDDFGYYBjw0TlMebUtZ43mAhEPOlis6vWPFo="


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"form": {"t": "{title}"}}, "body"),
        ({"multipart": {"t": "{title}"}}, "files"),
        ({"json": {"t": "{title}"}}, "query"),
    ],
)
def test_a_signature_stands_where_the_other_parameters_are(body: dict[str, Any], place: str) -> None:
    signature = {"secret": "env:PLATFORM_APP_SECRET", "over": "{parameters}&{secret.app_secret}", "parameter": "sign"}
    made = options("http://x", signature={"method": "md5", **signature}, create={"path": "/a", **body})
    request = Calls(made).request(made.create, {"title": "题 目"}, {"app_secret": "s", "signature": "s"})
    over = "t=题 目&s" if place == "body" else "&s"
    wanted = hashlib.md5(over.encode(), usedforsecurity=False).hexdigest()
    found = {
        "body": dict(parse_qsl((request.body or b"").decode())).get("sign"),
        "files": (request.files or {}).get("sign", (None, b""))[1].decode(),
        "query": request.query.get("sign"),
    }
    assert {name: value or "" for name, value in found.items()} == {**dict.fromkeys(found, ""), place: wanted}


@pytest.mark.parametrize("name", [path.name for path in sorted(EXAMPLES.glob("*.toml"))])
def test_each_worked_example_is_a_channel_and_shows_its_calls(name: str) -> None:
    assert channel_class("website", "http") is SystemWebsite
    table = example(name)
    channel = SystemWebsite("site", SystemOptions.model_validate(table), Place(Path(), "局", columns=(COLUMN,)))
    product = channel.render(make_article(title="甲 <乙> & 丙"))
    shown = channel.calls(product)
    wanted = [name for name in ("token", "upload", "lookup", "create", "update", "view", "delete") if name in table]
    assert list(dict.fromkeys(text.split()[1] for text in shown)) == wanted
    create = next(text for text in shown if text.startswith("# create"))
    assert f"POST {table['api_base']}{table['create']['path']}" in create
    assert "甲" in create
    assert "{" not in create.partition("\n\n")[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"create": {"path": "/a", "json": {"t": "{titel}"}}}, "titel"),
        ({"create": {"path": "/a", "form": {}, "json": {}}}, "one body"),
        ({"create": {"path": "/a", "xml": "<a>{title}</b>"}}, "no XML"),
        ({"create": {"path": "/a", "xml": "<a>{files}</a>"}}, "no form in XML"),
        ({"create": {"path": "/a", "ok": {"is": ["0"]}}}, "always true"),
        ({"secrets": {"app_key": "env:A"}}, "app_secret"),
        ({"secrets": {"app_key": "plain", "app_secret": "env:B"}}, "by reference"),
        ({"api_base": "jyh.example.gov.cn"}, "no address"),
        ({"signature": {"secret": "env:A", "over": "{body}"}}, "header or into a parameter"),
        ({"lookup": {"path": "/a", "match": {}}}, "match"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        options("https://jyh.example.gov.cn", **change)
