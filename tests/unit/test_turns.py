"""Whose turn it is: asked of a delivery and of the database alike, and counted for the red strip."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from publisher.items.models import Item
from publisher.office import get_office
from publisher.queue import accounts
from publisher.queue.diagnosis.findings import Who
from publisher.queue.models import Delivery
from publisher.queue.moves import error_json
from publisher.queue.states import State
from publisher.queue.troubles import troubles
from publisher.queue.turns import counts, matching, turn, whose
from tests.desk_samples import REASON, age, put, released

pytestmark = pytest.mark.django_db

KINDS = ("", "CredentialsRefused", "Bug", "ProductRefused", "Overdue", "PersonNeeded", "HeldBack")


def every_sort() -> list[Delivery]:
    """A delivery in each state, with each kind of error, new and old."""
    made = []
    for state, kind, seconds in product(State, KINDS, (5, 7200)):
        delivery = put(released(to="portal"), "portal", state, kind=kind)
        age(delivery, seconds)
        made.append(delivery.pk)
    return list(Delivery.objects.filter(pk__in=made))


@pytest.mark.parametrize("paused", [[], ["portal"]], ids=["going", "paused"])
def test_the_database_says_the_same_as_the_delivery(paused: list[str]) -> None:
    now = timezone.now()
    told: dict[Who, set[int]] = {who: set() for who in Who}
    for delivery in every_sort():
        told[turn(delivery, paused, now=now)].add(delivery.pk)
    for who in Who:
        found = set(Delivery.objects.filter(whose(who, paused, now=now)).values_list("pk", flat=True))
        if who is Who.NOBODY:  # those that ended well, were cancelled or planned are under way no more, or not yet
            at_rest = Delivery.objects.filter(state__in=[State.DONE, State.CANCELLED, State.PLANNED])
            assert told[who] - found == set(at_rest.values_list("pk", flat=True))
        assert found <= told[who]
        assert found, who
        if who is not Who.NOBODY:
            assert found == told[who]


def test_every_state_is_found_by_its_name() -> None:
    every_sort()
    for state in State:
        found = list(Delivery.objects.filter(matching(state)))
        assert {delivery.state for delivery in found} == {state}
        assert len(found) == 2 * len(KINDS)


def after(before: Delivery, state: State) -> Delivery:
    """A later delivery of the same item and channel."""
    later = Delivery.objects.get(pk=before.pk)
    later.pk, later.key, later.state = None, f"{before.key}/later", state
    later._state.adding = True
    later.save()
    return later


def test_what_was_replaced_is_history_but_what_is_open_is_not() -> None:
    refused = put(released(to="portal"), "portal", State.REFUSED)
    done = after(refused, State.DONE)
    held = put(released(to="portal"), "portal", State.HELD)
    planned = after(held, State.PLANNED)
    assert counts([refused, done]) == [done]
    assert counts([held, planned]) == [held, planned]
    assert not Delivery.objects.filter(matching(State.REFUSED)).exists()
    assert Delivery.objects.filter(matching(State.HELD)).get() == held


def test_red_is_counted_by_whose_turn_it_is() -> None:
    now = timezone.now()
    for kind, seconds in (("Bug", 60), ("CredentialsRefused", 600), ("Overdue", 60)):
        age(put(released(to="portal"), "portal", State.HELD, kind=kind), seconds)
    age(put(released(to="portal"), "portal", State.UNCERTAIN), 60)
    for state in (State.REFUSED, State.FAILED, State.DONE, State.WAITING, State.CANCELLED):
        put(released(to="portal"), "portal", state)
    after(put(released(to="portal"), "portal", State.REFUSED), State.DONE)
    found = troubles(get_office(), {}, now=now)
    assert [(one.state, one.who, one.count) for one in found] == [
        (State.UNCERTAIN, Who.NOBODY, 1),
        (State.HELD, Who.ADMINISTRATOR, 2),
        (State.HELD, Who.CLERK, 1),
        (State.FAILED, Who.CLERK, 1),
        (State.REFUSED, Who.EDITOR, 1),
    ]
    assert timedelta(seconds=599) < now - found[1].since < timedelta(seconds=605)


def test_counting_what_is_red_takes_two_questions(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    every_sort()
    with django_assert_num_queries(2):
        troubles(get_office(), {}, now=timezone.now())


def test_other_offices_are_not_counted() -> None:
    put(released(to="portal"), "portal", State.HELD)
    Delivery.objects.update(office="elsewhere")
    assert troubles(get_office(), {}, now=timezone.now()) == []


def test_a_channel_that_is_paused_is_the_administrators_turn() -> None:
    item: Item = released(to="portal")
    entry = get_office().channels["portal"]
    accounts.pause(entry, by="lihong", report=error_json(REASON), now=timezone.now())
    waiting = Delivery.objects.get(item=item)
    assert turn(waiting, accounts.paused("kzj"), now=timezone.now()) is Who.ADMINISTRATOR
