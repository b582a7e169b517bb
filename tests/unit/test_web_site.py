"""The public site below ``/site/``: only its own files, and powerless in the browser of who is signed in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from publisher.web import site

PAGE = "<!DOCTYPE html><title>科技活动周</title>"


@pytest.fixture
def folder(home: Path) -> Path:
    """A site with a page, a list in a folder, and a secret beside it."""
    (home / "secret-key").write_text("secret")
    root = home / "site"
    (root / "202611").mkdir(parents=True)
    (root / "dynamics").mkdir()
    (root / "index.html").write_text(PAGE, encoding="utf-8")
    (root / "dynamics" / "index.html").write_text(PAGE, encoding="utf-8")
    (root / "202611" / "t20261120_1.html").write_text(PAGE, encoding="utf-8")
    (root / "202611" / ".t20261120_2.html.part").write_text("half", encoding="utf-8")
    return root


TYPES = [
    ("page.html", "text/html; charset=utf-8"),
    ("site.css", "text/css; charset=utf-8"),
    ("site.js", "text/javascript; charset=utf-8"),
    ("feed.xml", "application/xml; charset=utf-8"),
    ("名单.txt", "text/plain; charset=utf-8"),
    ("PHOTO.JPG", "image/jpeg"),
    ("notice.pdf", "application/pdf"),
    ("form.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("form.wps", "application/octet-stream"),
    ("no-suffix", "application/octet-stream"),
]


@pytest.mark.parametrize(("name", "content_type"), TYPES, ids=[name for name, _ in TYPES])
def test_file_is_sent_whole_with_its_type(client: Client, folder: Path, name: str, content_type: str) -> None:
    (folder / name).write_bytes(b"\x00content\xff")
    response = client.get(f"/site/{name}")
    assert (response.status_code, response.getvalue()) == (200, b"\x00content\xff")
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["", "index.html", "dynamics/", "202611/t20261120_1.html"])
def test_page_is_found(client: Client, folder: Path, path: str) -> None:
    response = client.get(f"/site/{path}")
    assert (response.status_code, response.getvalue().decode()) == (200, PAGE)


@pytest.mark.parametrize(("path", "target"), [("/site", "/site/"), ("/site/dynamics", "/site/dynamics/")])
def test_folder_without_its_slash_leads_to_the_folder(client: Client, folder: Path, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (301, target)


OUTSIDE = [
    "../secret-key",
    "%2e%2e/secret-key",
    "..%2fsecret-key",
    "dynamics/../../secret-key",
    "..\\secret-key",
    "%2fetc/passwd",
    "/etc/passwd",
    "leak/secret-key",
    "secret-link",
    "loop",
    "202611/.t20261120_2.html.part",
    "202611/",
    "index.html/",
    "index.html%00",
    "missing.html",
    "x" * 5000,
    "%ff%fe",
    "a%0ab",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_what_is_not_of_the_site_is_not_found(client: Client, folder: Path, path: str) -> None:
    (folder / "leak").symlink_to(folder.parent)
    (folder / "secret-link").symlink_to(folder.parent / "secret-key")
    (folder / "loop").symlink_to(folder / "loop")
    response = client.get(f"/site/{path}")
    assert response.status_code == 404
    assert b"secret" not in response.content


@given(path=st.lists(st.sampled_from(["..", ".", "/", "\\", "\0", "a", "index.html", "dynamics", "~", " ", "é"])))
def test_no_path_leads_out_of_the_site(path: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "walled"
    (root / "dynamics").mkdir(parents=True, exist_ok=True)
    (root / "index.html").write_text(PAGE)
    (root.parent / "a").write_text("outside")
    found = site.find(root, "".join(path))
    assert found is None or found.is_relative_to(root.resolve())


def test_folder_is_never_listed(client: Client, folder: Path) -> None:
    assert b"t20261120_1" not in client.get("/site/202611/").content


@pytest.mark.usefixtures("home")
def test_nothing_published_yet_is_a_page_of_its_own(client: Client) -> None:
    response = client.get("/site/")
    assert response.status_code == 404
    assert "text/html" in response["Content-Type"]


def test_something_that_is_no_file_is_not_found(client: Client, folder: Path) -> None:
    os.mkfifo(folder / "pipe.html")
    assert client.get("/site/pipe.html").status_code == 404


@pytest.mark.parametrize(("given", "condition"), [("Last-Modified", "if-modified-since"), ("ETag", "if-none-match")])
def test_unchanged_file_is_not_sent_again(client: Client, folder: Path, given: str, condition: str) -> None:
    first = client.get("/site/")
    first.getvalue()
    again = client.get("/site/", headers={condition: first[given]})
    assert (again.status_code, again.getvalue()) == (304, b"")
    assert again["ETag"] == first["ETag"]


def test_page_written_twice_in_one_second_is_sent_anew(client: Client, folder: Path) -> None:
    os.utime(folder / "index.html", ns=(10**18, 10**18))
    first = client.get("/site/")
    first.getvalue()
    (folder / "index.html").write_text(PAGE.replace("周", "月"), encoding="utf-8")
    os.utime(folder / "index.html", ns=(10**18 + 5, 10**18 + 5))
    again = client.get("/site/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.getvalue().decode()) == (200, PAGE.replace("周", "月"))


POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "connect-src 'none'",
    "form-action 'none'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize("path", ["", "202611/t20261120_1.html", "missing.html", "dynamics"])
def test_every_answer_of_the_site_is_powerless(client: Client, folder: Path, path: str) -> None:
    response = client.get(f"/site/{path}")
    rules = set(response["Content-Security-Policy"].split("; "))
    assert rules >= POLICY
    assert not any("script" in rule and "unsafe" in rule for rule in rules)
    assert response["Cache-Control"] == "no-cache"
    response.getvalue()


def test_site_is_only_read(client: Client, folder: Path) -> None:
    assert client.post("/site/").status_code == 405
    head = client.head("/site/")
    assert (head.status_code, head["Content-Length"]) == (200, str(len(PAGE.encode())))
    head.getvalue()
