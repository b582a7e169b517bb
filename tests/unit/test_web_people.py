"""Pages on which administrators decide who belongs to the office."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office
from publisher.people import accounts, actions, second_factor
from publisher.people.models import Account, Membership
from publisher.people.roles import Role
from tests.desk_samples import elements, links, texts
from tests.staff import factor_of, person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def desk(office: Office) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person("zhangwei", Role.ADMINISTRATOR))
    return client


@pytest.fixture
def lina(desk: Client) -> Membership:
    return person("lina", Role.DRAFTER).memberships.get()


NEW = {"username": "lina", "name": "李娜", "roles": ["drafter", "reviewer"], "sections": "办公室， 高新科、办公室;"}


def test_a_person_is_added_and_comes_in_with_the_password_shown(desk: Client) -> None:
    page = desk.post("/people/new/", NEW)
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    (shown,) = texts(page, ".one-time")
    member = Membership.objects.get(user__username="lina")
    assert (member.roles, member.sections) == (["drafter", "reviewer"], ["办公室", "高新科"])
    entry = LogEntry.objects.get()
    assert (entry.event, entry.actor, entry.title) == (Event.PERSON_ADDED, "zhangwei", "李娜 (lina)")
    answer = Client().post("/login/", {"username": "lina", "password": shown})
    assert answer["Location"] == "/"
    assert shown not in desk.get("/people/").content.decode()


MISTAKES = {
    "no name": ({"username": ""}, "This field is required."),
    "a name there is": ({"username": "ZhangWei"}, "already: choose another name"),
    "a name that is none": ({"username": "li na"}, "is no user name"),
    "no role": ({"roles": []}, "tick at least one"),
    "a role there is not": ({"roles": ["king"]}, "king is not one of the available choices"),
    "a long section": ({"sections": "科" * 101}, "at most 100 characters"),
}


@pytest.mark.parametrize(("changed", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk: Client, changed: dict[str, Any], reason: str) -> None:
    sent = NEW | changed
    page = desk.post("/people/new/", sent)
    assert page.status_code == 400
    assert reason in " ".join(texts(page, ".mistake"))
    typed = {str(field["name"]): field.get("value", "") for field in elements(page, ".field input")}
    assert typed == {name: sent[name] for name in ("username", "name", "sections")}
    ticked = [field["value"] for field in elements(page, ".roles [checked]")]
    assert ticked == [role for role in sent["roles"] if role in Role.values]
    assert not LogEntry.objects.exists()


def test_the_list_says_what_each_one_is(desk: Client, lina: Membership, office: Office) -> None:
    actions.reset_password(office, lina.user, by="zhangwei")
    factor_of(lina.user)
    AccessAttempt.objects.create(username="lina", ip_address="10.0.0.1", failures_since_start=6)
    gone = person("wangfang", Role.SIGNER)
    actions.deactivate(office, gone, by="zhangwei")
    person("stranger", Role.SIGNER, office="elsewhere")
    page = desk.get("/people/")
    assert texts(page, "tbody th a") == ["lina", "zhangwei", "wangfang"]
    states = [texts_in(row, "td:last-child .chip") for row in elements(page, "tbody tr")]
    assert states == [["locked out", "one-time password not used yet", "second factor"], [], ["deactivated"]]


def texts_in(element: Any, query: str) -> list[str]:
    return [found.get_text(strip=True) for found in element.select(query)]


@pytest.mark.parametrize("count", [3, 49])
def test_list_asks_the_database_as_often_for_many_people_as_for_few(
    desk: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        person(f"person-{number}", Role.DRAFTER)
    with django_assert_num_queries(
        9
    ):  # session, user, membership; count, people, locked, second factors, accounts; 1 to do
        assert len(elements(desk.get("/people/"), "tbody tr")) == count + 1


def test_long_lists_have_pages(desk: Client) -> None:
    for number in range(51):
        person(f"person-{number:02}", Role.DRAFTER)
    assert links(desk.get("/people/"), ".pages a") == ["?page=2"]
    assert texts(desk.get("/people/?page=2"), "tbody th a") == ["person-50", "zhangwei"]


def test_roles_are_changed(desk: Client, lina: Membership) -> None:
    page = desk.get(f"/people/{lina.pk}/")
    assert [field["value"] for field in elements(page, ".roles [checked]")] == ["drafter"]
    answer = desk.post(f"/people/{lina.pk}/", {"name": "李娜", "roles": ["signer"], "sections": ""})
    assert answer["Location"] == "/people/"
    assert texts(desk.get("/people/"), "[role=status]") == ["Changed: lina."]
    lina.refresh_from_db()
    assert (lina.roles, lina.user.first_name) == (["signer"], "李娜")


def test_the_last_administrator_cannot_stop_being_one(desk: Client) -> None:
    own = Membership.objects.get(user__username="zhangwei")
    page = desk.post(f"/people/{own.pk}/", {"roles": ["drafter"]})
    assert page.status_code == 400
    assert "Nobody could manage people any more" in texts(page, ".roles .mistake")[0]
    assert elements(desk.get(f"/people/{own.pk}/"), "#leave") == []


def test_a_forgotten_password_is_replaced_by_one_for_one_time(desk: Client, lina: Membership) -> None:
    (shown,) = texts(desk.post(f"/people/{lina.pk}/password/"), ".one-time")
    lina.user.refresh_from_db()
    assert lina.user.check_password(shown)


def test_somebody_leaves_and_comes_back(desk: Client, lina: Membership) -> None:
    answer = desk.post(f"/people/{lina.pk}/deactivate/", follow=True)
    assert texts(answer, "[role=status]") == ["They can no longer work here. What they did keeps their name."]
    assert texts(answer, ".heading .chip") == ["deactivated"]
    assert not User.objects.get(pk=lina.user_id).is_active
    desk.post(f"/people/{lina.pk}/reactivate/")
    assert User.objects.get(pk=lina.user_id).is_active


def test_a_lost_phone_and_a_lock_are_dealt_with(desk: Client, lina: Membership) -> None:
    factor_of(lina.user)
    AccessAttempt.objects.create(username="lina", ip_address="10.0.0.1", failures_since_start=6)
    page = desk.get(f"/people/{lina.pk}/")
    offered = {str(form["action"]) for form in elements(page, ".deeds form")}
    assert {f"/people/{lina.pk}/unlock/", f"/people/{lina.pk}/second-factor/"} < offered
    for deed in ("unlock", "second-factor"):
        assert desk.post(f"/people/{lina.pk}/{deed}/").status_code == 302
    assert not AccessAttempt.objects.exists()
    assert not second_factor.has_second_factor(lina.user)
    logged = LogEntry.objects.order_by("seq").values_list("event", flat=True)
    assert list(logged) == [Event.PERSON_UNLOCKED, Event.SECOND_FACTOR_REMOVED]


def test_a_link_to_an_account_elsewhere_is_removed(desk: Client, lina: Membership) -> None:
    accounts.by_openid("https://sso.example.gov.cn", "42", "lina")
    assert f"/people/{lina.pk}/unlink/" in {
        str(form["action"]) for form in elements(desk.get(f"/people/{lina.pk}/"), ".deeds form")
    }
    desk.post(f"/people/{lina.pk}/unlink/")
    assert Account.objects.get(user=lina.user).subject == ""


@pytest.mark.parametrize("address", ["/", "/password/", "/unlock/", "/deactivate/"])
def test_people_of_another_office_are_not_there(desk: Client, address: str) -> None:
    stranger = person("stranger", Role.SIGNER, office="elsewhere").memberships.get()
    assert desk.post(f"/people/{stranger.pk}{address}", {"roles": ["drafter"]}).status_code == 404


def test_a_deed_there_is_not_is_not_there(desk: Client, lina: Membership) -> None:
    assert desk.post(f"/people/{lina.pk}/delete/").status_code == 404


@pytest.mark.parametrize("deed", ["password", "second-factor"])
def test_whoever_works_in_two_offices_is_not_taken_over(desk: Client, lina: Membership, deed: str) -> None:
    Membership.objects.create(user=lina.user, office="elsewhere", roles=["signer"])
    page = desk.post(f"/people/{lina.pk}/{deed}/")
    assert page.status_code == 409
    assert "belongs to another office too" in texts(page, "[role=status]")[0]


def test_names_cannot_bring_markup_along(desk: Client, lina: Membership) -> None:
    desk.post(f"/people/{lina.pk}/", {"name": "<script>x</script>", "roles": ["drafter"], "sections": "<b>"})
    for address in ("/people/", f"/people/{lina.pk}/"):
        page = desk.get(address)
        assert elements(page, "script, main b") == []
        assert "<script>x</script>" in " ".join(texts(page, "main"))
