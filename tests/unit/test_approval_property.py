"""Whatever people do in whatever order, nothing goes out that was not properly decided on."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.items.models import Item
from publisher.office import Office
from publisher.people.actions import NotDone
from publisher.people.roles import Role
from publisher.review.actions import NotReleased
from publisher.review.deciding import decide
from publisher.review.emergency import release_in_emergency
from publisher.review.models import Decision, Release, Review
from publisher.review.opening import withdraw
from publisher.roles import DECIDER
from tests.approval import changed, opinion, sent_up, with_steps
from tests.staff import person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PEOPLE = {
    "zhangwei": tuple(Role),
    "lina": (Role.REVIEWER,),
    "wanggang": (Role.SECRECY_REVIEWER, Role.REVIEWER),
    "zhaomin": (Role.SIGNER,),
    "chenhua": tuple(Role),
    "sunli": (Role.DRAFTER, Role.PUBLISHER, Role.ADMINISTRATOR),
}


RIGHT_ONES = ("lina", "wanggang", "zhaomin")
"""Who may decide at the first, the second and the third step."""


@dataclass(frozen=True)
class Deed:
    """What somebody tries; nobody named: the right one. ``is_stale``: they were shown something else."""

    verb: Literal["decide", "change title", "change text", "withdraw", "emergency"]
    by: str
    verdict: Decision.Verdict = Decision.Verdict.APPROVE
    is_stale: bool = False


DEEDS = st.lists(
    st.builds(
        Deed,
        st.sampled_from(["decide"] * 24 + ["change title", "change text", "withdraw", "emergency"]),  # type: ignore[arg-type]
        st.sampled_from([*sorted(PEOPLE), *[""] * 14]),
        st.sampled_from([Decision.Verdict.APPROVE] * 14 + [Decision.Verdict.SEND_BACK, Decision.Verdict.REJECT]),
        st.sampled_from([False] * 10 + [True]),
    ),
    min_size=4,
    max_size=14,
)


def attempt(office: Office, item: Item, deed: Deed, who: dict[str, User], number: int) -> None:
    review = Review.objects.filter(item=item).order_by("-pk")[0]
    wish = opinion(review, deed.verdict, "请改")
    name = deed.by or RIGHT_ONES[max(wish.step, 1) - 1]
    by = who[name]
    match deed.verb:
        case "decide":
            decide(office, review, replace(wish, digest="0" * 64) if deed.is_stale else wish, by=by)
        case "change title":
            changed(office, item, by=name, title=f"第{number}稿", text="欢迎参加。")
        case "change text":
            changed(office, item, by=name, text=f"第{number}稿。")
        case "withdraw":
            withdraw(office, review, by=by)
        case "emergency":
            release_in_emergency(office, review, by=by, reason="汛情", is_free_of_secrets=not deed.is_stale)


def require_proper(release: Release) -> None:
    """What must be true of every release, told from the rows alone."""
    review = Review.objects.get(revision=release.revision, state=release.kind)
    authors = set(
        release.revision.item.revisions.filter(number__lte=release.revision.number).values_list("created_by", flat=True)
    )
    kept = {product.channel: product.canonical for product in release.products.all()}
    assert kept == {product.channel: product.canonical for product in review.products.all()}
    if release.kind == Release.Kind.EMERGENCY:
        assert release.released_by not in authors
        assert Role.SIGNER in PEOPLE[release.released_by]
        return
    approvals = list(review.decisions.filter(verdict__in=["approve", "stands"]).select_related("step"))
    assert sorted(found.step.position for found in approvals) == [1, 2, 3]
    assert len({found.person for found in approvals}) == 3
    for found in approvals:
        assert found.digest == review.digest
        assert found.person not in authors
        assert DECIDER[found.step.kind] in PEOPLE[found.person]


def test_no_release_without_every_step_decided_by_a_proper_person_on_what_goes_out(office: Office) -> None:
    approving = with_steps(office)
    who = {name: person(name, *roles) for name, roles in PEOPLE.items()}
    seen: Counter[str] = Counter()

    @settings(max_examples=12)
    @given(deeds=DEEDS)
    def whatever_they_do(deeds: list[Deed]) -> None:
        with transaction.atomic():
            item = sent_up(approving).item
            for number, deed in enumerate(deeds):
                with suppress(NotReleased, NotDone):
                    attempt(approving, item, deed, who, number)
            for release in Release.objects.select_related("revision__item"):
                require_proper(release)
                seen[release.kind] += 1
            transaction.set_rollback(True)

    whatever_they_do()
    assert seen["approved"], "hardly anything was ever approved: this proves nothing"
