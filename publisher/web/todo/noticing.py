"""Notices as things to do: each for people who can do something about it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publisher.notices import actions
from publisher.notices.actions import text_of
from publisher.notices.models import Notice
from publisher.people.roles import Permission
from publisher.web.rows import Chip
from publisher.web.todo.person import Person
from publisher.web.todo.sources import MOST, Entry, Source
from publisher.wording import sentence


def _standing(who: Person) -> QuerySet[Notice]:
    return actions.standing(who.around.office, [permission.value for permission in who.permissions])


def notices(who: Person) -> list[Entry]:
    return [_entry(notice) for notice in _standing(who)[:MOST]]


def _entry(notice: Notice) -> Entry:
    title, remedy = text_of(notice.title), text_of(notice.remedy)
    chip = Chip("bad", _("urgent")) if notice.is_urgent else Chip("person", _("soon"))
    notes = [sentence(remedy)] if remedy else []
    return Entry(sentence(title) if title else notice.key, _address(notice.page), chip, notes, notice.made_at)


def _address(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""


NOTICING = (
    Source(
        "notices",
        gettext_lazy("Notices"),
        tuple(Permission),
        notices,
    ),
)
