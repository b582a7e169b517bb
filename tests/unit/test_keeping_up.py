"""What is out on the website follows changed settings of the office, by itself or by a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from channels.errors import Text
from publisher.cli.configuration import renew
from publisher.office import Office, get_office
from publisher.queue import accounts, clock
from publisher.queue.looking.keeping_up import step
from publisher.queue.moves import error_json
from tests.clocks import run
from tests.queued import released

pytestmark = [pytest.mark.django_db, pytest.mark.once]

OLD, NEW = 'contact = "0812-3333482"', 'contact = "0812-3330000"'


@pytest.fixture
def page(office: Office, home: Path) -> Path:
    """A page that is out, of an office that has another telephone number since."""
    item = released(office, "portal")
    run(item)
    text = office.path.read_text(encoding="utf-8")
    assert OLD in text
    office.path.write_text(text.replace(OLD, NEW), encoding="utf-8")
    get_office.cache_clear()
    (found,) = (home / "site").rglob(f"t*_{item.pk}.html")
    return found


def test_the_rounds_bring_it_to_every_page_that_is_out(page: Path) -> None:
    assert "0812-3333482" in page.read_text(encoding="utf-8")
    assert step(get_office()) == 0
    assert "0812-3330000" in page.read_text(encoding="utf-8")


def test_a_channel_that_is_paused_is_left_alone(page: Path) -> None:
    accounts.pause(get_office().channels["portal"], by="tester", report=error_json(Text("x")), now=clock.now())
    assert step(get_office()) == 0
    assert "0812-3333482" in page.read_text(encoding="utf-8")


def test_a_command_does_it_at_once_and_says_so(page: Path) -> None:
    done = CliRunner().invoke(renew, ["portal"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "门户网站" in done.stderr
    assert "0812-3330000" in page.read_text(encoding="utf-8")
