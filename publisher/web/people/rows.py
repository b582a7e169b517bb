"""People as a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from publisher.office import Office
from publisher.people import queries
from publisher.people.models import Account, Membership, SecondFactor
from publisher.people.roles import PERMISSIONS, Permission, Role
from publisher.web.rows import Chip

PAGE_LENGTH = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the office."""

    member: Membership
    name: str
    chips: Sequence[Chip]
    is_here: bool
    is_locked: bool
    has_second_factor: bool
    is_linked: bool
    last_sign_in: datetime | None


def page_of_people(office: Office, number: str | None) -> tuple[Page[Membership], list[PersonRow]]:
    """Those who are here first, by user name. The number of questions does not depend on that of people."""
    members = Membership.objects.filter(office=office.slug).select_related("user")
    page = Paginator(members.order_by("-is_active", "user__username"), PAGE_LENGTH).get_page(number)
    return page, rows_of(list(page))


def rows_of(members: Sequence[Membership]) -> list[PersonRow]:
    users = [member.user_id for member in members]
    locked = _locked(member.user.get_username() for member in members)
    with_factor = set(SecondFactor.objects.filter(user__in=users, confirmed=True).values_list("user", flat=True))
    accounts = {account.user_id: account for account in Account.objects.filter(user__in=users)}
    return [
        _row(
            member,
            is_locked=member.user.get_username() in locked,
            has_second_factor=member.user_id in with_factor,
            account=accounts.get(member.user_id) or Account(),
        )
        for member in members
    ]


def _row(member: Membership, *, is_locked: bool, has_second_factor: bool, account: Account) -> PersonRow:
    is_here = queries.is_here(member)
    states = [
        (not is_here, Chip("calm", _("deactivated"))),
        (is_locked, Chip("bad", _("locked out"))),
        (account.one_time_until is not None, _one_time(account)),
        (has_second_factor, Chip("good", _("second factor"))),
    ]
    return PersonRow(
        member=member,
        name=queries.name_of(member.user),
        chips=[chip for is_so, chip in states if is_so],
        is_here=is_here,
        is_locked=is_locked,
        has_second_factor=has_second_factor,
        is_linked=bool(account.subject),
        last_sign_in=member.user.last_login,
    )


def _one_time(account: Account) -> Chip:
    is_good = account.one_time_until is not None and account.one_time_until > timezone.now()
    word = _("one-time password not used yet") if is_good else _("one-time password expired")
    return Chip("doubt", word)


def _locked(names: Iterable[str]) -> set[str]:
    """Which of these accounts somebody cannot sign in to at the moment, at least from one place."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(username__in=list(names), attempt_time__gte=since)
    counted = attempts.values("username", "ip_address").annotate(failures=Sum("failures_since_start"))
    return set(counted.filter(failures__gte=settings.AXES_FAILURE_LIMIT).values_list("username", flat=True))


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role with what it lets somebody do."""

    value: str
    label: str
    permissions: Sequence[str]
    is_chosen: bool


def role_rows(chosen: Sequence[str]) -> list[RoleRow]:
    return [
        RoleRow(
            value=role.value,
            label=str(role.label),
            permissions=[str(one.label) for one in Permission if one in PERMISSIONS[role]],
            is_chosen=role.value in chosen,
        )
        for role in Role
    ]
