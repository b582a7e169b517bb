"""Signing in and staying so: passwords, lock-out, the second factor, sessions, language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from cryptography.exceptions import InvalidTag
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from publisher.log.events import Event
from publisher.log.models import LogEntry
from publisher.office import Office, get_office
from publisher.people import actions, second_factor
from publisher.people.models import SecondFactor, Session
from publisher.people.roles import Role
from publisher.web.access import allowed
from tests.desk_samples import elements, texts
from tests.staff import code_of, factor_of, person
from tests.world import write_office

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)


class QuickHasher(Argon2PasswordHasher):
    """The same with a thousandth of the memory: hashing takes its time by design, and here it is not at stake."""

    memory_cost = 100
    time_cost = 1


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickHasher", *settings.PASSWORD_HASHERS[1:]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lina(office: Office) -> User:
    return person("lina", Role.DRAFTER, password=PASSWORD)


def browser(address: str = "10.0.0.1") -> Client:
    return Client(headers={"Accept-Language": "en", "User-Agent": "Chrome/90.0 (Linux)"}, REMOTE_ADDR=address)


def enter(client: Client, password: str = PASSWORD, *, name: str = "lina", to: str = "") -> Any:
    return client.post("/login/", {"username": name, "password": password, "next": to})


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def guess(client: Client, times: int) -> Any:
    for number in range(times):
        answer = enter(client, f"wrong-{number}")
    return answer


# Lock-out


def test_six_wrong_passwords_lock_the_name_there_and_nowhere_else(lina: User, clock: time_machine.Traveller) -> None:
    assert guess(browser(), 5).status_code == 200
    answer = guess(browser(), 1)
    assert (answer.status_code, answer["Retry-After"]) == (429, "1800")
    assert "The password was wrong 6 times" in texts(answer, "[role=alert]")[0]
    assert "Try again after 2026-11-27 09:30" in " ".join(texts(answer, "main p"))
    assert enter(browser()).status_code == 429
    assert enter(browser("10.0.0.2"))["Location"] == "/"


def test_another_name_is_not_locked_from_there(lina: User) -> None:
    person("wangfang", Role.DRAFTER, password=PASSWORD)
    guess(browser(), 6)
    assert enter(browser(), name="wangfang")["Location"] == "/"


def test_trying_on_does_not_make_the_lock_longer(lina: User, clock: time_machine.Traveller) -> None:
    guess(browser(), 6)
    clock.shift(timedelta(minutes=29))
    assert guess(browser(), 2).status_code == 429
    clock.shift(timedelta(minutes=2))
    assert enter(browser())["Location"] == "/"


def test_the_right_password_forgives_the_wrong_ones(lina: User) -> None:
    guess(browser(), 5)
    enter(browser())
    assert guess(browser(), 5).status_code == 200


def test_an_administrator_lets_in_at_once(office: Office, lina: User) -> None:
    guess(browser(), 6)
    assert actions.unlock(office, lina, by="zhangwei")
    assert enter(browser())["Location"] == "/"


def test_a_name_nobody_has_is_answered_like_a_wrong_password(lina: User) -> None:
    known, unknown = guess(browser(), 1), enter(browser(), name="nobody")
    assert texts(known, "[role=alert]") == texts(unknown, "[role=alert]")


def test_no_password_is_kept_with_a_wrong_attempt(lina: User) -> None:
    client = browser()
    enter(client, "secret-at-sign-in")
    enter(client)
    form = {"current": "secret-current", "chosen": "secret-chosen", "again": "secret-again"}
    assert client.post("/me/password/", form).status_code == 400
    kept = [str(vars(attempt)) for attempt in AccessAttempt.objects.all()]
    assert kept
    assert not any("secret" in text for text in kept)


def test_an_open_window_is_no_place_to_guess_the_password(lina: User) -> None:
    client = browser()
    enter(client)
    form = {"current": "wrong", "chosen": "another-good-one", "again": "another-good-one"}
    codes = [client.post("/me/password/", form).status_code for _number in range(6)]
    assert codes == [400] * 5 + [429]


def test_an_unreadable_address_locks_too(lina: User) -> None:
    assert guess(browser("unix:"), 6).status_code == 429


# Passwords


def test_passwords_are_hashed_with_argon2_older_ones_when_they_are_used(lina: User, settings: Settings) -> None:
    assert lina.password.startswith("argon2")
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[::-1]
    lina.set_password(PASSWORD)
    lina.save()
    assert lina.password.startswith("pbkdf2")
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[::-1]
    enter(browser())
    lina.refresh_from_db()
    assert lina.password.startswith("argon2")


def test_a_one_time_password_leads_to_a_password_of_ones_own(office: Office, lina: User) -> None:
    given = actions.reset_password(office, lina, by="zhangwei")
    client = browser()
    assert enter(client, given)["Location"] == "/"
    page = client.get("/", follow=True)
    assert page.redirect_chain == [("/me/password/", 302)]
    assert texts(page, "main h1") == ["Choose your own password"]
    assert elements(page, ".rooms a") == []
    assert elements(page, "[name=current]") == []
    answer = client.post("/me/password/", {"chosen": "another-good-one", "again": "another-good-one"})
    assert answer["Location"] == "/"
    assert client.get("/todo/").status_code == 200
    assert enter(browser(), given).status_code == 200
    assert enter(browser(), "another-good-one")["Location"] == "/"


def test_a_one_time_password_that_was_left_lying_opens_nothing(
    office: Office, lina: User, clock: time_machine.Traveller
) -> None:
    given = actions.reset_password(office, lina, by="zhangwei")
    clock.shift(timedelta(hours=72))
    client = browser()
    answer = enter(client, given)
    assert "has expired: ask the administrator" in texts(answer, "[role=alert]")[0]
    assert not is_in(client)


MISTAKES = {
    "wrong current one": ({"current": "wrong"}, "This is not your password."),
    "too short": ({"chosen": "short", "again": "short"}, "at least 10 characters"),
    "only digits": ({"chosen": "73519864203", "again": "73519864203"}, "numeric"),
    "what many people use": ({"chosen": "1q2w3e4r5t", "again": "1q2w3e4r5t"}, "too common"),
    "the same": ({"chosen": PASSWORD, "again": PASSWORD}, "the password you have already"),
    "typed differently": ({"again": "another-good-on"}, "The two new passwords differ"),
}


@pytest.mark.parametrize(("changed", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_wrong_with_a_new_password_is_said_beside_it(lina: User, changed: dict[str, str], reason: str) -> None:
    client = browser()
    enter(client)
    form = {"current": PASSWORD, "chosen": "another-good-one", "again": "another-good-one"} | changed
    answer = client.post("/me/password/", form)
    assert answer.status_code == 400
    assert reason in " ".join(texts(answer, ".mistake"))
    lina.refresh_from_db()
    assert lina.check_password(PASSWORD)


def test_a_changed_password_signs_out_everywhere_else(lina: User) -> None:
    here, there = browser(), browser()
    enter(here)
    enter(there)
    form = {"current": PASSWORD, "chosen": "another-good-one", "again": "another-good-one"}
    assert here.post("/me/password/", form)["Location"] == "/me/"
    assert (is_in(here), is_in(there)) == (True, False)


# Second factor


def test_with_a_second_factor_the_password_alone_signs_nobody_in(lina: User, clock: time_machine.Traveller) -> None:
    factor = factor_of(lina)
    client = browser()
    assert enter(client, to="/freshness")["Location"] == "/login/code/"
    assert not is_in(client)
    answer = client.post("/login/code/", {"code": code_of(factor)})
    assert answer["Location"] == "/freshness"
    assert is_in(client)


def test_a_wrong_code_is_said_and_makes_wait(lina: User, clock: time_machine.Traveller) -> None:
    factor = factor_of(lina)
    client = browser()
    enter(client)
    wrong = f"{(int(code_of(factor)) + 1) % 10**6:06}"
    assert "not the code of now" in texts(client.post("/login/code/", {"code": wrong}), "[role=alert]")[0]
    answer = client.post("/login/code/", {"code": code_of(factor)})
    assert "try again in 1 s" in texts(answer, "[role=alert]")[0]
    assert not is_in(client)
    clock.shift(1)
    assert client.post("/login/code/", {"code": f" {code_of(factor)[:3]} {code_of(factor)[3:]}"}).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize("typed", ["", "abc", "1234567890123", "-1", "000 000"])
def test_what_is_no_code_is_refused(lina: User, typed: str) -> None:
    factor_of(lina)
    client = browser()
    enter(client)
    assert client.post("/login/code/", {"code": typed}).status_code == 400
    assert not is_in(client)


def test_guessing_codes_takes_ever_longer(lina: User, clock: time_machine.Traveller) -> None:
    factor_of(lina)
    tried = 0
    for _second in range(300):
        tried += second_factor.verify(lina, "no code").wait_s == 0
        clock.shift(1)
    assert tried == 9


def test_a_code_is_good_once(lina: User, clock: time_machine.Traveller) -> None:
    code = code_of(factor_of(lina))
    assert second_factor.verify(lina, code).is_right
    assert not second_factor.verify(lina, code).is_right


def test_the_code_must_follow_soon(lina: User, clock: time_machine.Traveller) -> None:
    factor = factor_of(lina)
    client = browser()
    enter(client)
    clock.shift(300)
    assert client.post("/login/code/", {"code": code_of(factor)})["Location"] == "/login/"
    assert not is_in(client)


def test_a_password_changed_meanwhile_stops_it(office: Office, lina: User) -> None:
    factor = factor_of(lina)
    client = browser()
    enter(client)
    actions.reset_password(office, lina, by="zhangwei")
    assert client.post("/login/code/", {"code": code_of(factor)})["Location"] == "/login/"
    assert not is_in(client)


def with_required(home: Any, settings: Settings, role: Role) -> None:
    changes = [("[inspection]", f'[security]\ntotp_roles = ["{role}"]\n\n[inspection]')]
    settings.PUBLISHER_CONFIG = write_office(home, "http://127.0.0.1:9", changes=changes)
    get_office.cache_clear()


def test_an_office_may_require_it_of_roles(home: Any, settings: Settings, lina: User) -> None:
    with_required(home, settings, Role.DRAFTER)
    client = browser()
    enter(client)
    page = client.get("/", follow=True)
    assert page.redirect_chain == [("/me/second-factor/", 302)]
    assert "With your roles it takes a second factor" in texts(page, "[role=status]")[0]
    assert elements(page, ".rooms a") == []
    assert client.get("/me/").status_code == 200
    answer = client.post("/me/second-factor/", {"code": code_of(second_factor.begin(lina))})
    assert answer["Location"] == "/me/"
    assert client.get("/todo/").status_code == 200
    assert [(entry.event, entry.actor) for entry in LogEntry.objects.all()] == [(Event.SECOND_FACTOR_SET, "lina")]


def test_other_roles_do_without(home: Any, settings: Settings, lina: User) -> None:
    with_required(home, settings, Role.SIGNER)
    client = browser()
    enter(client)
    assert client.get("/todo/").status_code == 200


def test_setting_it_up_shows_what_the_phone_needs_until_a_code_came(lina: User) -> None:
    client = browser()
    enter(client)
    page = client.get("/me/second-factor/")
    assert len(elements(page, ".square svg")) == 1
    shown = texts(page, ".secret code")[0]
    assert texts(client.get("/me/second-factor/"), ".secret code") == [shown]
    assert client.post("/me/second-factor/", {"code": "no code"}).status_code == 400
    assert enter(browser())["Location"] == "/"
    assert shown.replace(" ", "") == second_factor.typed_secret(second_factor.begin(lina))


def test_setting_it_up_ends_sessions_without_it(lina: User) -> None:
    here, there = browser(), browser()
    enter(here)
    enter(there)
    here.post("/me/second-factor/", {"code": code_of(second_factor.begin(lina))})
    assert (is_in(here), is_in(there)) == (True, False)


def test_taking_it_away_takes_a_code(lina: User, clock: time_machine.Traveller) -> None:
    factor = factor_of(lina)
    client = browser()
    enter(client)
    client.post("/login/code/", {"code": code_of(factor)})
    assert client.post("/me/second-factor/", {"code": "no code"}).status_code == 400
    clock.shift(60)
    assert client.post("/me/second-factor/", {"code": code_of(factor)})["Location"] == "/me/"
    assert not second_factor.has_second_factor(lina)
    assert LogEntry.objects.get().event == Event.SECOND_FACTOR_REMOVED


def test_the_secret_of_a_second_factor_cannot_be_read_in_the_database(lina: User) -> None:
    factor = factor_of(lina)
    secret = factor.bin_key
    assert secret.hex() not in factor.key
    other = factor_of(person("wangfang", Role.DRAFTER))
    assert other.key != factor.key
    other.key = factor.key
    with pytest.raises(InvalidTag):
        _ = other.bin_key


def test_another_key_of_the_program_makes_second_factors_useless_but_breaks_nothing(
    lina: User, settings: Settings
) -> None:
    code = code_of(factor_of(lina))
    begun = second_factor.begin(lina)
    settings.SECRET_KEY = "another"
    assert not second_factor.verify(lina, code).is_right
    again = second_factor.begin(lina)
    assert again.pk != begun.pk
    assert SecondFactor.objects.filter(user=lina, confirmed=False).count() == 1


# Sessions


def test_who_does_nothing_for_an_hour_signs_in_again(lina: User, clock: time_machine.Traveller) -> None:
    client = browser()
    enter(client)
    for _half_hour in range(4):
        clock.shift(timedelta(minutes=30))
        assert is_in(client)
    clock.shift(timedelta(minutes=61))
    assert not is_in(client)


def test_what_a_browser_asks_for_by_itself_keeps_nobody_awake(lina: User, clock: time_machine.Traveller) -> None:
    ask = allowed(keeps_awake=False)(lambda _request: HttpResponse("news"))
    client = browser()
    enter(client)
    for _half_hour in range(2):
        clock.shift(timedelta(minutes=25))
        request = client.get("/me/language/").wsgi_request  # a page that answers 405 and does nothing
        assert ask(request).content == b"news"
    assert client.session["seen"] == NOW.timestamp()


def test_nobody_stays_signed_in_for_longer_than_the_office_says(lina: User, clock: time_machine.Traveller) -> None:
    client = browser()
    enter(client)
    for _half_hour in range(23):
        clock.shift(timedelta(minutes=30))
        assert is_in(client)
    clock.shift(timedelta(minutes=30))
    answer = client.get("/items/1/")
    assert answer["Location"] == "/login/?next=/items/1/"
    assert not Session.objects.filter(user=lina).exists()


def test_reading_writes_the_session_once_a_minute_at_most(lina: User, clock: time_machine.Traveller) -> None:
    client = browser()
    enter(client)
    ends = []
    for _page in range(5):
        client.get("/")
        ends.append(Session.objects.get(user=lina).expire_date - NOW)
        clock.shift(25)
    assert ends == [timedelta(seconds=3600 + seconds) for seconds in (0, 0, 0, 75, 75)]


def test_signing_out_everywhere_else_leaves_this_window(lina: User) -> None:
    here, there = browser(), browser("10.0.0.2")
    enter(here)
    enter(there)
    page = here.get("/me/")
    assert sorted(texts(page, "#sessions ~ table td[data-label='From the address']")) == ["10.0.0.1", "10.0.0.2"]
    assert "Chrome 90, Linux" in texts(page, "#sessions ~ table td")
    assert here.post("/me/sessions/end/")["Location"] == "/me/"
    assert (is_in(here), is_in(there)) == (True, False)


def test_a_session_is_new_after_signing_in(lina: User) -> None:
    client = browser()
    client.session["before"] = 1
    before = client.session.session_key
    enter(client)
    assert client.session.session_key != before


def test_sessions_that_are_over_are_cleared_away(lina: User, clock: time_machine.Traveller) -> None:
    enter(browser())
    clock.shift(timedelta(hours=2))
    enter(browser())
    assert Session.objects.filter(user=lina).count() == 1


# Language


def test_the_language_goes_with_the_account(lina: User) -> None:
    client = browser()
    enter(client)
    assert client.post("/me/language/", {"language": "zh-hans"})["Location"] == "/me/"
    assert texts(client.get("/me/"), "main h1") == ["我的账号"]
    elsewhere = browser()
    enter(elsewhere)
    assert texts(elsewhere.get("/me/"), "main h1") == ["我的账号"]


def test_a_language_there_is_not_changes_nothing(lina: User) -> None:
    client = browser()
    enter(client)
    client.post("/me/language/", {"language": "fr"})
    assert texts(client.get("/me/"), "main h1") == ["My account"]
