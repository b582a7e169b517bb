"""Approval: who decides what at which step, what follows from it, and what can never happen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from publisher.items.actions import Wish, revise, submit
from publisher.items.models import Disclosure, Draft, Item
from publisher.log.models import LogEntry
from publisher.office import Office, StepSection
from publisher.people.actions import NotAllowed
from publisher.people.models import Membership
from publisher.people.roles import Role
from publisher.queue import orders
from publisher.queue.models import Delivery
from publisher.queue.queries import item_json
from publisher.reports.rules import rule
from publisher.review import queries
from publisher.review.actions import FoundErrors, NotReleased, release_directly
from publisher.review.deciding import Remark, decide
from publisher.review.emergency import confirm_emergency, release_in_emergency
from publisher.review.models import ChannelProduct, Decision, Release, Review
from publisher.review.opening import NotReviewed, open_review, open_waiting, withdraw
from publisher.roles import StepKind
from tests.approval import (
    AUTHOR,
    STEPS,
    approve,
    changed,
    deciders,
    manuscript,
    newest,
    opinion,
    sent_up,
    with_steps,
)
from tests.staff import person

pytestmark = pytest.mark.django_db

Verdict = Decision.Verdict


@pytest.fixture
def approving(office: Office) -> Office:
    return with_steps(office)


def state(review: Review) -> tuple[str, str]:
    """Of the review and of its item, as they are now."""
    found = Review.objects.select_related("item").get(pk=review.pk)
    return found.state, found.item.state


def events(item: Item) -> list[tuple[str, str]]:
    return list(LogEntry.objects.filter(item=item.pk).order_by("seq").values_list("event", "actor"))


def test_three_people_approve_and_the_queue_collects_what_they_were_shown(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving, to=("portal", "wechat"))
    for key in ("head", "secrecy", "leader"):
        assert not Release.objects.exists()
        approve(approving, review, who[key])
    release = Release.objects.get()
    assert (release.kind, release.released_by) == ("approved", "zhaomin")
    assert state(review) == ("approved", "approved")
    shown = {product.channel: product.canonical for product in review.products.all()}
    assert {product.channel: product.canonical for product in release.products.all()} == shown
    assert {delivery.channel for delivery in orders.collect()} == {"portal", "wechat"}
    assert events(review.item)[:6] == [
        ("submitted", AUTHOR),
        ("review_opened", AUTHOR),
        ("step_approved", "lina"),
        ("step_approved", "wanggang"),
        ("step_approved", "zhaomin"),
        ("released", "zhaomin"),
    ]


def test_what_is_approved_goes_out_even_if_the_configuration_changes_meanwhile(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    approve(approving, review, who["head"])
    renamed = replace(approving, name="另一个名称")
    approve(renamed, review, who["secrecy"])
    approve(renamed, review, who["leader"])
    assert ChannelProduct.objects.get().canonical == review.products.get().canonical


ROLE_MAY = {Role.REVIEWER: "head", Role.SECRECY_REVIEWER: "secrecy", Role.SIGNER: "leader"}


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.SEND_BACK, Verdict.REJECT])
@pytest.mark.parametrize("step", ["head", "secrecy", "leader"])
@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_verdict_at_each_step_by_each_role(approving: Office, role: Role, step: str, verdict: Verdict) -> None:
    who = deciders()
    review = sent_up(approving)
    for before in ("head", "secrecy", "leader"):
        if before == step:
            break
        approve(approving, review, who[before])
    somebody = person("chenhua", role)
    wish = opinion(review, verdict, "" if verdict == Verdict.APPROVE else "请改")
    before_it = state(review)
    if ROLE_MAY.get(role) != step:
        with pytest.raises(NotReviewed):
            decide(approving, review, wish, by=somebody)
        assert state(review) == before_it
        return
    decide(approving, review, wish, by=somebody)
    after_approval = ("approved", "approved") if step == "leader" else ("open", "in_review")
    ends = {Verdict.SEND_BACK: ("sent_back", "sent_back"), Verdict.REJECT: ("rejected", "rejected")}
    assert state(review) == ends.get(verdict, after_approval)
    assert Release.objects.exists() == (state(review)[0] == "approved")


def test_what_is_sent_back_is_written_on_by_its_author(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    remark = Remark(1, "攀枝花", "写全称")
    decide(approving, review, replace(opinion(review, Verdict.SEND_BACK, "请改"), remarks=(remark,)), by=who["head"])
    draft = Draft.objects.get()
    assert (draft.state, draft.item, draft.owner) == ("given_back", review.item, review.revision.created_by)
    assert draft.reason.splitlines() == ["请改", "“攀枝花” 写全称"]


Doing = Callable[[Office, Review, User], object]


def _decide(verdict: Verdict) -> Doing:
    return lambda office, review, user: decide(office, review, opinion(review, verdict, "请改"), by=user)


def _emergency(office: Office, review: Review, user: User) -> object:
    return release_in_emergency(office, review, by=user, reason="汛情", is_free_of_secrets=True)


VERBS: dict[str, Doing] = {
    "approve": _decide(Verdict.APPROVE),
    "send back": _decide(Verdict.SEND_BACK),
    "reject": _decide(Verdict.REJECT),
    "withdraw": lambda office, review, user: withdraw(office, review, by=user),
    "emergency": _emergency,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("ended", ["approved", "sent_back", "rejected", "withdrawn", "superseded", "emergency"])
def test_nothing_is_decided_about_a_review_that_has_ended(approving: Office, ended: str, verb: str) -> None:
    review = sent_up(approving)
    everybody = person("chenhua", *Role)
    who = deciders()
    if ended == "approved":
        for key in ("head", "secrecy", "leader"):
            approve(approving, review, who[key])
    elif ended == "withdrawn":
        withdraw(approving, review, by=person(AUTHOR, Role.DRAFTER))
    elif ended == "superseded":
        changed(approving, review.item)
    elif ended == "emergency":
        _emergency(approving, review, who["leader"])
    else:
        verdict = Verdict.SEND_BACK if ended == "sent_back" else Verdict.REJECT
        decide(approving, review, opinion(review, verdict, "请改"), by=who["head"])
    before = Review.objects.values().get(pk=review.pk)
    assert before["state"] == ended
    with pytest.raises(NotReviewed):
        VERBS[verb](approving, review, everybody)
    assert Review.objects.values().get(pk=review.pk) == before


@pytest.mark.parametrize("author", ["lina", "cli:lina", "LINA"])
def test_nobody_decides_on_their_own_item(approving: Office, author: str) -> None:
    who = deciders()
    review = sent_up(approving, by=author)
    with pytest.raises(NotReviewed, match="own"):
        approve(approving, review, who["head"])


def test_whoever_changed_a_text_does_not_decide_on_it_either(approving: Office) -> None:
    who = deciders()
    review = changed(approving, sent_up(approving).item, by="lina")
    with pytest.raises(NotReviewed, match="own"):
        approve(approving, review, who["head"])


def test_a_step_may_let_the_author_check_their_own_text(office: Office) -> None:
    own = STEPS[0].model_copy(update={"own_item": True})
    approving = with_steps(office, own, *STEPS[1:])
    who = deciders()
    review = sent_up(approving, by="lina")
    approve(approving, review, who["head"])
    assert review.decisions.get().person == "lina"


def test_nobody_decides_at_two_steps(approving: Office) -> None:
    both = person("chenhua", Role.REVIEWER, Role.SECRECY_REVIEWER)
    review = sent_up(approving)
    approve(approving, review, both)
    with pytest.raises(NotReviewed, match="another step"):
        approve(approving, review, both)


def test_a_step_may_be_decided_by_the_same_person_where_it_says_so(office: Office) -> None:
    again = STEPS[1].model_copy(update={"same_person": True})
    approving = with_steps(office, STEPS[0], again, STEPS[2])
    both = person("chenhua", Role.REVIEWER, Role.SECRECY_REVIEWER)
    review = sent_up(approving)
    approve(approving, review, both)
    approve(approving, review, both)
    assert review.decisions.count() == 2


def test_of_two_who_decide_at_once_the_second_is_told_who_was_first(approving: Office) -> None:
    who = deciders()
    second = person("chenhua", Role.REVIEWER)
    review = sent_up(approving)
    shown_to_both = opinion(review)
    decide(approving, review, shown_to_both, by=who["head"])
    with pytest.raises(NotReviewed, match="lina"):
        decide(approving, review, shown_to_both, by=second)
    assert review.decisions.count() == 1


def test_a_decision_about_something_else_than_what_is_there_is_refused(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    with pytest.raises(NotReviewed, match="shown"):
        decide(approving, review, replace(opinion(review), digest="0" * 64), by=who["head"])


@pytest.mark.parametrize("verdict", [Verdict.SEND_BACK, Verdict.REJECT])
def test_whoever_does_not_approve_says_why(approving: Office, verdict: Verdict) -> None:
    who = deciders()
    review = sent_up(approving)
    with pytest.raises(NotReviewed, match="why"):
        decide(approving, review, opinion(review, verdict, "  "), by=who["head"])


def test_where_all_must_approve_each_of_them_does_and_a_deputy_stands_in(office: Office) -> None:
    step = StepSection(
        key="both",
        name="会签",
        kind=StepKind.REVIEW,
        people=("lina", "chenhua"),
        deputies={"chenhua": "sunli"},
        needs="all",
    )
    approving = with_steps(office, step)
    lina, sunli, other = (person(name, Role.REVIEWER) for name in ("lina", "sunli", "maqiang"))
    review = sent_up(approving)
    with pytest.raises(NotReviewed):
        approve(approving, review, other)
    approve(approving, review, sunli)
    assert state(review)[0] == "open"
    with pytest.raises(NotReviewed):
        approve(approving, review, sunli)
    with pytest.raises(NotReviewed):
        approve(approving, review, person("chenhua", Role.REVIEWER))
    approve(approving, review, lina)
    assert state(review)[0] == "approved"
    assert list(review.decisions.values_list("person", "on_behalf_of")) == [("sunli", "chenhua"), ("lina", "")]


def test_the_head_of_another_section_does_not_decide(office: Office) -> None:
    own = STEPS[0].model_copy(update={"own_section": True})
    approving = with_steps(office, own)
    review = sent_up(approving, section="办公室")
    mine, other = person("lina", Role.REVIEWER), person("chenhua", Role.REVIEWER)
    mine.memberships.update(sections=["办公室"])
    other.memberships.update(sections=["科技科"])
    with pytest.raises(NotReviewed, match="section"):
        approve(approving, review, other)
    approve(approving, review, mine)


def test_after_a_change_only_the_steps_it_concerns_are_decided_anew(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    for key in ("head", "secrecy"):
        approve(approving, review, who[key])
    decide(approving, review, opinion(review, Verdict.SEND_BACK, "写明作者"), by=who["leader"])
    again = _with_author(approving, review.item)
    assert list(again.decisions.values_list("step__key", "verdict", "person")) == [("secrecy", "stands", "wanggang")]
    approve(approving, again, who["head"])
    approve(approving, again, who["leader"])
    assert state(again)[0] == "approved"


def test_an_approval_does_not_stand_for_whoever_made_the_change(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    for key in ("head", "secrecy"):
        approve(approving, review, who[key])
    again = _with_author(approving, review.item, by="wanggang")
    assert not again.decisions.exists()


def test_a_changed_text_needs_every_step_again(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    for key in ("head", "secrecy", "leader"):
        approve(approving, review, who[key])
    assert not changed(approving, review.item).decisions.exists()


def _with_author(office: Office, item: Item, *, by: str = AUTHOR) -> Review:
    same = newest(item)
    text = manuscript(same.title)
    return open_review(office, revise(office, item, text, Wish(author="王小明"), by=by), by=by)


def test_sending_up_twice_opens_one_review(approving: Office) -> None:
    review = sent_up(approving)
    assert open_review(approving, review.revision, by="somebody").pk == review.pk


def test_a_rejected_item_is_not_sent_up_again_by_itself(approving: Office) -> None:
    review = sent_up(approving)
    decide(approving, review, opinion(review, Verdict.REJECT, "不宜公开"), by=deciders()["head"])
    with pytest.raises(NotReviewed):
        open_review(approving, review.revision, by=AUTHOR)


def test_what_its_sender_could_not_send_up_is_sent_up_by_the_sweep(approving: Office) -> None:
    revision = submit(approving, manuscript(), Wish(), by=AUTHOR)
    assert open_waiting(approving) == 0
    Item.objects.update()
    revision.item.revisions.update(created_at="2026-01-01T00:00:00Z")
    assert open_waiting(approving) == 1
    assert Review.objects.get().opened_by == AUTHOR


def test_what_is_not_proactive_is_not_sent_up(approving: Office) -> None:
    wish = Wish(disclosure=Disclosure.ON_REQUEST, disclosure_reason="涉及第三方")
    revision = submit(approving, manuscript(), wish, by=AUTHOR)
    with pytest.raises(NotReleased):
        open_review(approving, revision, by=AUTHOR)


def test_what_is_in_approval_is_not_released_directly(approving: Office) -> None:
    review = sent_up(approving)
    with pytest.raises(NotReleased):
        release_directly(approving, review.revision, by="cli:root")
    assert not Release.objects.exists()


def test_an_emergency_release_goes_out_at_once_and_is_confirmed_by_somebody_else(approving: Office) -> None:
    who = deciders()
    review = sent_up(approving)
    release = release_in_emergency(approving, review, by=who["leader"], reason="汛情", is_free_of_secrets=True)
    assert release.kind == "emergency"
    assert orders.collect()[0].channel == "portal"
    assert item_json(review.item)["emergency"] == "unconfirmed"
    with pytest.raises(NotReviewed):
        confirm_emergency(approving, release.emergency, by=who["leader"], agrees=True)
    second = person("chenhua", Role.SIGNER)
    confirm_emergency(approving, release.emergency, by=second, agrees=True)
    assert item_json(review.item)["emergency"] == "confirmed"
    with pytest.raises(NotReviewed):
        confirm_emergency(approving, release.emergency, by=person("sunli", Role.SIGNER), agrees=False, comment="不急")
    assert [event for event, _actor in events(review.item)][-2:] == ["released_in_emergency", "emergency_confirmed"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SIGNER], ids=str)
def test_only_signers_release_in_an_emergency(approving: Office, role: Role) -> None:
    review = sent_up(approving)
    with pytest.raises(NotAllowed):
        _emergency(approving, review, person("chenhua", role))
    assert not Release.objects.exists()


@pytest.mark.parametrize(("reason", "is_free"), [("", True), ("汛情", False)], ids=["no reason", "no secrecy review"])
def test_an_emergency_needs_a_reason_and_a_look_for_secrets(approving: Office, reason: str, is_free: bool) -> None:
    review = sent_up(approving)
    with pytest.raises(NotReviewed):
        release_in_emergency(approving, review, by=deciders()["leader"], reason=reason, is_free_of_secrets=is_free)
    assert not Delivery.objects.exists()


def test_nobody_releases_their_own_item_in_an_emergency(approving: Office) -> None:
    review = sent_up(approving, by="zhaomin")
    with pytest.raises(NotReviewed, match="own"):
        _emergency(approving, review, deciders()["leader"])


def test_errors_of_the_checks_need_one_reason_to_be_passed_over(approving: Office) -> None:
    who = deciders()
    text = manuscript(text="联系人身份证号11010519491231002X。")
    review = open_review(approving, submit(approving, text, Wish(channels=("portal",)), by=AUTHOR), by=AUTHOR)
    with pytest.raises(FoundErrors):
        approve(approving, review, who["head"])
    assert not review.decisions.exists()
    decide(approving, review, replace(opinion(review), despite="本人同意公开"), by=who["head"])
    for key in ("secrecy", "leader"):
        approve(approving, review, who[key])
    assert [bool(found.findings) for found in review.decisions.all()] == [True, False, False]
    assert state(review)[0] == "approved"


def test_an_office_without_steps_has_no_reviews(office: Office) -> None:
    with pytest.raises(NotReviewed):
        open_review(office, submit(office, manuscript(), Wish(), by=AUTHOR), by=AUTHOR)


@pytest.mark.usefixtures("committed")
def test_of_two_who_decide_at_the_same_moment_one_is_first_and_the_other_is_told(office: Office) -> None:
    approving = with_steps(office)
    both = [person(name, Role.REVIEWER) for name in ("lina", "chenhua")]
    review = sent_up(approving)
    shown, start = opinion(review), threading.Barrier(2)

    def ask(user: User) -> str:
        start.wait()
        try:
            return decide(approving, review, shown, by=user).person
        except NotReviewed as error:
            return error.text.template
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, both))
    (first,) = Decision.objects.values_list("person", flat=True)
    assert first in answers
    assert len({"lina", "chenhua"} & set(answers)) == 1


def test_emergency_releases_are_counted(approving: Office) -> None:
    _emergency(approving, sent_up(approving), deciders()["leader"])
    sent_up(approving)
    today = timezone.now().astimezone(approving.timezone).date()
    assert len(LogEntry.objects.filter(event="released_in_emergency")) == 1
    assert rule("emergency", on=today).events == ("released_in_emergency",)


@pytest.mark.parametrize("pressing", [1, 2, 3, 100])
def test_the_first_that_wait_are_the_same_however_few_are_looked_through_first(
    office: Office, monkeypatch: pytest.MonkeyPatch, pressing: int
) -> None:
    office = with_steps(office)
    people = deciders()
    reviews = [sent_up(office) for _ in range(4)]
    Review.objects.update(due_on=date(2026, 12, 10))
    Review.objects.filter(pk=reviews[3].pk).update(due_on=date(2026, 11, 1))
    approve(office, reviews[3], people["head"])
    approve(office, reviews[1], people["head"])
    monkeypatch.setattr(queries, "PRESSING", pressing)
    member = Membership.objects.get(user=people["secrecy"])
    waiting = partial(queries.waiting_for, office, member, today=date(2026, 11, 27))
    assert [one.review.pk for one in waiting()] == [reviews[3].pk, reviews[1].pk]
    assert [one.review.pk for one in waiting(most=1)] == [reviews[3].pk]
    assert [one.review.pk for one in waiting(most=2)] == [reviews[3].pk, reviews[1].pk]
