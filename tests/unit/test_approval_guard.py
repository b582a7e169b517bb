"""The database itself refuses what approval forbids, on both engines, whoever writes into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from publisher.office import Office
from publisher.people.roles import Role
from publisher.review import guard
from publisher.review.emergency import confirm_emergency, release_in_emergency
from publisher.review.models import Decision, Release, Review
from tests.approval import approve, deciders, sent_up, with_steps
from tests.staff import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def approving(office: Office) -> Office:
    guard.install(connection)
    return with_steps(office)


def refused(statement: str, *values: Any) -> str:
    """What the database says to a statement it must not take."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return str(caught.value).splitlines()[0]


def add_decision(review: Review, step: int, by: str, **changes: Any) -> tuple[str, list[Any]]:
    """A statement that writes an approval past the program."""
    columns = {
        "review_id": review.pk,
        "step_id": review.steps.get(position=step).pk,
        "place": 0,
        "verdict": "approve",
        "person": by,
        "on_behalf_of": "",
        "comment": "",
        "remarks": "[]",
        "despite": "",
        "findings": "[]",
        "digest": review.digest,
        "repeats_id": None,
        "at": "2026-01-01 00:00:00+00:00",
        **changes,
    }
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    return f"INSERT INTO review_decision ({names}) VALUES ({places})", list(columns.values())


def run(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_the_triggers_stand_after_the_tables_were_made() -> None:
    guard.install(connection)
    assert guard.missing(connection) == []
    with connection.cursor() as cursor:
        place = " ON review_decision" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER review_decision_not_own_item{place}")
    assert guard.missing(connection) == ["review_decision_not_own_item"]


def test_a_proper_decision_is_taken(approving: Office) -> None:
    review = sent_up(approving)
    run(*add_decision(review, 1, "lina"))
    assert Decision.objects.get().person == "lina"


Change = Callable[[Review], tuple[str, list[Any]]]

FORBIDDEN: dict[str, tuple[str, Change]] = {
    "on one's own item": ("own", lambda review: add_decision(review, 1, "zhangwei")),
    "on one's own item in capitals": ("own", lambda review: add_decision(review, 1, "ZhangWei")),
    "before the step before": ("after those before", lambda review: add_decision(review, 2, "lina")),
    "about something else": ("what was shown", lambda review: add_decision(review, 1, "lina", digest="0" * 64)),
    "at a place the step does not have": ("one of its steps", lambda review: add_decision(review, 1, "lina", place=1)),
    "an approval without a place": ("", lambda review: add_decision(review, 1, "lina", place=None)),
    "one that stands on nothing": ("", lambda review: add_decision(review, 1, "lina", verdict="stands")),
    "an unknown verdict": ("", lambda review: add_decision(review, 1, "lina", verdict="perhaps")),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_decision_is_refused(approving: Office, name: str) -> None:
    says, change = FORBIDDEN[name]
    statement, values = change(sent_up(approving))
    assert says in refused(statement, *values)


def test_a_second_decision_at_another_step_is_refused(approving: Office) -> None:
    review = sent_up(approving)
    approve(approving, review, deciders()["head"])
    statement, values = add_decision(review, 2, "lina")
    assert "two steps" in refused(statement, *values)


def test_of_two_decisions_for_one_place_the_second_is_refused(approving: Office) -> None:
    review = sent_up(approving)
    approve(approving, review, deciders()["head"])
    statement, values = add_decision(review, 1, "chenhua")
    refused(statement, *values)


def test_an_approval_of_another_item_does_not_stand(approving: Office) -> None:
    other = approve(approving, sent_up(approving), deciders()["head"])
    statement, values = add_decision(sent_up(approving), 1, "lina", verdict="stands", repeats_id=other.pk)
    assert "same item" in refused(statement, *values)


def test_decisions_steps_and_products_are_never_changed_or_deleted(approving: Office) -> None:
    review = sent_up(approving)
    approve(approving, review, deciders()["head"])
    assert "never changed" in refused("UPDATE review_decision SET person = 'wanggang'")
    assert "never changed" in refused("DELETE FROM review_decision")
    assert "never changed" in refused("UPDATE review_reviewstep SET own_item = %s", True)
    assert "never changed" in refused("DELETE FROM review_reviewstep WHERE position = 3")
    assert "never changed" in refused("UPDATE review_reviewedproduct SET canonical = 'x'")
    assert "never changed" in refused("DELETE FROM review_review")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="INSERT OR REPLACE is a word of SQLite")
def test_nothing_is_replaced(approving: Office) -> None:
    review = sent_up(approving)
    approve(approving, review, deciders()["head"])
    statement, values = add_decision(review, 1, "chenhua")
    assert "never changed" in refused(statement.replace("INSERT", "INSERT OR REPLACE"), *values)


def test_a_review_is_not_approved_before_every_step_is(approving: Office) -> None:
    review = sent_up(approving)
    approve(approving, review, deciders()["head"])
    assert "every step" in refused("UPDATE review_review SET state = 'approved' WHERE id = %s", review.pk)


def test_a_review_that_has_ended_stays_so_and_what_it_is_about_too(approving: Office) -> None:
    review = sent_up(approving)
    assert "ends once" in refused("UPDATE review_review SET digest = %s", "0" * 64)
    Review.objects.update(state="withdrawn")
    assert "ends once" in refused("UPDATE review_review SET state = 'open' WHERE id = %s", review.pk)


def test_what_was_not_approved_is_not_released(approving: Office) -> None:
    review = sent_up(approving)
    for kind in ("approved", "emergency"):
        statement = "INSERT INTO review_release (revision_id, kind, released_at, released_by) VALUES (%s, %s, %s, %s)"
        refused(statement, review.revision_id, kind, "2026-01-01 00:00:00+00:00", "zhaomin")


def test_another_product_than_the_approved_one_is_not_released(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    for key in ("head", "secrecy", "leader"):
        approve(approving, review, who[key])
    assert "signed stays" in refused("UPDATE review_channelproduct SET canonical = 'other'")
    assert "stays what it is" in refused("UPDATE review_release SET kind = 'direct'")
    statement = (
        "INSERT INTO review_channelproduct (release_id, channel, canonical, digest, wants_link, problems) "
        "VALUES (%s, 'wechat', 'other', %s, %s, '[]')"
    )
    assert "byte for byte" in refused(statement, Release.objects.get().pk, "0" * 64, False)


def emergency(office: Office, by: User) -> int:
    release = release_in_emergency(office, sent_up(office), by=by, reason="汛情", is_free_of_secrets=True)
    return release.emergency.pk


@pytest.mark.parametrize("by", ["zhaomin", "zhangwei"])
def test_who_released_or_wrote_it_does_not_confirm_an_emergency(approving: Office, by: str) -> None:
    found = emergency(approving, deciders()["leader"])
    statement = (
        "INSERT INTO review_emergencyconfirmation (emergency_id, agrees, comment, person, at) "
        "VALUES (%s, %s, '', %s, '2026-01-01 00:00:00+00:00')"
    )
    assert "somebody else" in refused(statement, found, True, by)


def test_a_confirmation_is_not_taken_back(approving: Office) -> None:
    emergency(approving, deciders()["leader"])
    confirm_emergency(approving, Release.objects.get().emergency, by=person("chenhua", Role.SIGNER), agrees=True)
    assert "never changed" in refused("DELETE FROM review_emergencyconfirmation")
    assert "never changed" in refused("UPDATE review_emergency SET reason = ''")
