"""Who may see the desk, and that nothing in an item or a published page can act in it."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from channels.base import Medium
from publisher.items.models import Item
from publisher.queue.states import State
from tests.channels.samples import picture
from tests.desk_samples import PASSWORD, elements, links, make_user, put, released, sign_in, submitted, texts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def desk(client: Client) -> Client:
    sign_in(client)
    return client


PAGES = ["/board/", "/items/{pk}/", "/items/{pk}/text/", "/items/{pk}/assets/{sha256}"]


@pytest.fixture
def illustrated() -> tuple[Item, Medium]:
    """An item with a picture."""
    shown = picture()
    html = f'<p>授牌</p><figure><img src="asset:{shown.sha256}" alt="示意图"></figure>'
    return submitted("授牌仪式", html=html, media=(shown,)), shown


@pytest.mark.parametrize("path", PAGES)
def test_staff_pages_ask_to_sign_in(client: Client, illustrated: tuple[Item, Medium], path: str) -> None:
    item, shown = illustrated
    address = path.format(pk=item.pk, sha256=shown.sha256)
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")


@pytest.mark.parametrize("path", PAGES)
def test_staff_pages_open_when_signed_in(desk: Client, illustrated: tuple[Item, Medium], path: str) -> None:
    item, shown = illustrated
    assert desk.get(path.format(pk=item.pk, sha256=shown.sha256)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_items_of_another_office_are_not_there(desk: Client, illustrated: tuple[Item, Medium], path: str) -> None:
    item, shown = illustrated
    Item.objects.update(office="other")
    response = desk.get(path.format(pk=item.pk, sha256=shown.sha256))
    assert response.status_code == (200 if path == "/board/" else 404)
    assert "授牌" not in response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_staff_pages_are_only_read(desk: Client, illustrated: tuple[Item, Medium], path: str) -> None:
    item, shown = illustrated
    assert desk.post(path.format(pk=item.pk, sha256=shown.sha256)).status_code == 405


def test_signing_in_leads_to_the_page_that_was_wanted(client: Client, user: User) -> None:
    item = submitted()
    form = {"username": user.username, "password": PASSWORD, "next": f"/items/{item.pk}/"}
    response = client.post("/login/", form)
    assert (response.status_code, response["Location"]) == (302, f"/items/{item.pk}/")
    assert client.get("/board/").status_code == 200
    assert client.get("/login/")["Location"] == "/"


def test_signing_in_never_leads_away(client: Client, user: User) -> None:
    form = {"username": user.username, "password": PASSWORD, "next": "https://example.com/"}
    assert client.post("/login/", form)["Location"] == "/"


def test_wrong_password_is_said(client: Client, user: User) -> None:
    response = client.post("/login/", {"username": user.username, "password": "wrong"})
    assert response.status_code == 200
    assert len(texts(response, "[role=alert]")) == 1
    assert client.get("/").status_code == 302


def test_signing_out_takes_a_form_of_ours(user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get("/logout/").status_code == 405
    refused = browser.post("/logout/")
    assert refused.status_code == 403
    assert len(texts(refused, "main h1")) == 1
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/board/").content.decode())
    assert token
    response = browser.post("/logout/", {"csrfmiddlewaretoken": token[1]})
    assert (response.status_code, response["Location"]) == (302, "/login/")
    assert browser.get("/").status_code == 302


DANGEROUS = ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,<script>", "//example.com", " https://x"]


@pytest.mark.parametrize(("address", "page"), list(product(DANGEROUS, ["/board/", "/items/{pk}/"])))
def test_address_that_is_none_of_the_web_is_no_link(desk: Client, address: str, page: str) -> None:
    item = released(to="portal")
    put(item, "portal", State.DONE, url=address)
    assert links(desk.get(page.format(pk=item.pk)), ".address") == []


def test_title_is_text_not_html(desk: Client) -> None:
    title = "<script>alert(1)</script>&amp;"
    item = submitted(title, html="<p>正文</p>")
    for address in ("/board/", f"/items/{item.pk}/", f"/items/{item.pk}/text/"):
        page = desk.get(address)
        assert "<script>alert" not in page.content.decode()
        assert title in "".join(texts(page, "h2, h1, title"))


def rules(response: HttpResponse) -> set[str]:
    return set(response["Content-Security-Policy"].split("; "))


@pytest.mark.parametrize("path", ["/items/", "/login/", "/health", "/nowhere", "/static/web/style.css", "/favicon.ico"])
def test_every_answer_of_the_desk_forbids_scripts_and_frames(desk: Client, path: str) -> None:
    response: Any = desk.get(path.format(pk=submitted().pk))
    assert rules(response) >= {"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"}
    assert not any("script" in rule or "unsafe" in rule for rule in rules(response))
    assert response["X-Content-Type-Options"] == "nosniff"
    response.getvalue()


@pytest.mark.parametrize("path", ["/board/", "/login/", "/items/{pk}/text/"])
def test_staff_pages_are_not_kept_by_browsers(desk: Client, path: str) -> None:
    assert "no-store" in desk.get(path.format(pk=submitted().pk))["Cache-Control"]


LIVE = ["/board/", "/items/{pk}/"]


@pytest.mark.parametrize("path", LIVE)
def test_a_live_page_runs_our_own_scripts_only_and_asks_only_us(desk: Client, path: str) -> None:
    page = desk.get(path.format(pk=released().pk))
    scripts = elements(page, "script")
    (nonce,) = {str(script["nonce"]) for script in scripts}
    assert [str(script["src"]).split("/")[1] for script in scripts] == ["static"] * 2
    assert "".join(texts(page, "script")) == ""
    wanted = {"default-src 'none'", "base-uri 'none'", f"script-src 'nonce-{nonce}'", "connect-src 'self'"}
    assert rules(page) >= wanted
    assert not any("unsafe" in rule for rule in rules(page))
    assert nonce not in desk.get(path.format(pk=Item.objects.get().pk)).content.decode()


@pytest.mark.parametrize("path", LIVE)
def test_live_pages_have_no_style_and_no_handlers_of_their_own(desk: Client, path: str) -> None:
    page = desk.get(path.format(pk=released().pk)).content.decode()
    assert not re.search(r"<style|\son\w+=|\sstyle=|hx-on|hx-vals|\bjs:", page)
    for switched_off in ("allowEval", "allowScriptTags", "includeIndicatorStyles", "historyEnabled"):
        assert f'"{switched_off}":false' in page


@pytest.mark.parametrize("path", ["/items/{pk}/text/", "/login/", "/nowhere"])
def test_pages_have_no_scripts_and_no_style_of_their_own(desk: Client, path: str) -> None:
    item = released()
    page = desk.get(path.format(pk=item.pk)).content.decode()
    assert not re.search(r"<script|<style|\son\w+=|\sstyle=", page)


def test_text_is_shown_inert_with_its_pictures(desk: Client, illustrated: tuple[Item, Medium]) -> None:
    item, shown = illustrated
    page = desk.get(f"/items/{item.pk}/")
    frame = elements(page, "iframe")[0]
    assert frame["src"] == f"/items/{item.pk}/text/"
    assert "allow-scripts" not in str(frame["sandbox"])
    text: Any = desk.get(f"/items/{item.pk}/text/")
    assert f'<img src="/items/{item.pk}/assets/{shown.sha256}" alt="示意图">' in text.content.decode()
    sandbox = next(rule for rule in rules(text) if rule.startswith("sandbox"))
    assert not {"allow-scripts", "allow-forms", "allow-top-navigation"} & set(sandbox.split())
    assert rules(text) >= {"default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"}
    assert text["X-Frame-Options"] == "SAMEORIGIN"


def test_picture_is_sent_as_it_was_submitted(desk: Client, illustrated: tuple[Item, Medium]) -> None:
    item, shown = illustrated
    response: Any = desk.get(f"/items/{item.pk}/assets/{shown.sha256}")
    assert (response.content, response["Content-Type"]) == (shown.content, "image/png")
    assert "sandbox" in rules(response)


def test_what_browsers_would_run_is_only_for_saving(desk: Client) -> None:
    file = Medium("名单.html", "text/html", b"<script>alert(1)</script>")
    item = submitted(media=(file,))
    response = desk.get(f"/items/{item.pk}/assets/{file.sha256}")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")


def test_file_of_another_item_is_not_there(desk: Client, illustrated: tuple[Item, Medium]) -> None:
    _, shown = illustrated
    assert desk.get(f"/items/{submitted().pk}/assets/{shown.sha256}").status_code == 404


def test_damaged_file_is_not_sent_and_logged(
    desk: Client, illustrated: tuple[Item, Medium], home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    item, shown = illustrated
    next(path for path in (home / "assets").rglob(shown.sha256)).write_bytes(b"something else")
    assert desk.get(f"/items/{item.pk}/assets/{shown.sha256}").status_code == 404
    assert "restore it from the backup" in caplog.text
