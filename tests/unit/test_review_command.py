"""The command `review`: what waits for whom, deciding by password, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pytest_django import Settings

from publisher.cli.reviewing import review as command
from publisher.items.models import ItemState
from publisher.office import Office, get_office
from publisher.people.roles import Role
from publisher.review.models import Review
from publisher.review.opening import NotReviewed
from tests.approval import sent_up
from tests.staff import person

pytestmark = pytest.mark.django_db

STEPS = 'steps = [{ key = "head", name = "初审", kind = "review" }, { key = "leader", name = "签发", kind = "sign" }]'
PASSWORD = "correct-horse-battery"


@pytest.fixture
def waiting(office: Office, settings: Settings) -> Review:
    """An item that waits at the first of two steps."""
    text = office.path.read_text(encoding="utf-8")
    assert "steps = []" in text
    office.path.write_text(text.replace("steps = []", STEPS, 1), encoding="utf-8")
    get_office.cache_clear()
    person("lina", Role.REVIEWER, password=PASSWORD)
    person("zhaomin", Role.SIGNER, password=PASSWORD)
    return sent_up(get_office())


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, words, input=typed)


def told(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def decide(found: Review, verb: str, by: str, *words: str, password: str = PASSWORD, digest: str = "") -> Result:
    options = ("--digest", digest or found.digest[:8], "--by", by, "--password-stdin", *words)
    return run(verb, str(found.item_id), *options, typed=f"{password}\n")


def state(found: Review) -> str:
    found.item.refresh_from_db()
    return found.item.state


def test_the_list_says_what_waits_for_whom(waiting: Review) -> None:
    (row,) = told("list", "--for", "lina")
    assert (row["item"], row["step"], row["late"]) == (waiting.item_id, "head", False)
    assert told("list", "--for", "zhaomin") == []
    assert len(told("list")) == 1
    assert told("list", "--late") == []
    assert "科技活动周启动" in run("list").stdout


def test_two_people_approve_and_it_is_released(waiting: Review) -> None:
    assert decide(waiting, "approve", "lina", "--comment", "同意").exit_code == 0
    done = decide(waiting, "approve", "zhaomin", "--json")
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["step"]) == ("approved", None)
    assert [said["person"] for said in answer["decisions"]] == ["lina", "zhaomin"]
    assert state(waiting) == ItemState.APPROVED


def test_an_item_is_sent_back_with_a_reason_that_is_shown(waiting: Review) -> None:
    assert decide(waiting, "send-back", "lina").exit_code == 2
    assert decide(waiting, "send-back", "lina", "--comment", "请核实日期").exit_code == 0
    assert state(waiting) == ItemState.SENT_BACK
    assert "请核实日期" in run("show", str(waiting.item_id)).stdout


def test_an_item_is_rejected(waiting: Review) -> None:
    assert decide(waiting, "reject", "lina", "--comment", "不宜公开").exit_code == 0
    assert state(waiting) == ItemState.REJECTED


@pytest.mark.parametrize(
    ("by", "more", "status"),
    [
        ("lina", {"password": "wrong"}, 1),
        ("lina", {"digest": "0" * 8}, 1),
        ("lina", {"digest": "0"}, 2),
        ("zhaomin", {}, 1),
        ("nobody", {}, 2),
    ],
    ids=["another password", "another digest", "hardly a digest", "not their step", "no account"],
)
def test_what_is_not_theirs_to_decide_is_refused(waiting: Review, by: str, more: dict[str, str], status: int) -> None:
    done = decide(waiting, "approve", by, **more)
    assert done.exit_code == status
    # What `publisher` itself turns into its sentence comes out of a command as it is.
    assert done.exception is None or isinstance(done.exception, NotReviewed | SystemExit)
    assert state(waiting) == ItemState.IN_REVIEW


def test_who_has_no_account_is_asked_to_say_who_decides(waiting: Review) -> None:
    done = run("approve", str(waiting.item_id), "--digest", waiting.digest)
    assert (done.exit_code, "--by" in done.output) == (2, True)


def test_the_environment_makes_nobody_a_decider(waiting: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(name, "lina")
    assert decide(waiting, "approve", "lina", password="wrong").exit_code == 1
    assert not waiting.decisions.exists()


def test_an_unknown_item_is_refused(waiting: Review) -> None:
    assert run("show", str(waiting.item_id + 1)).exit_code == 2
