"""Who may begin the next revision of an item."""

from __future__ import annotations

from django.http import HttpRequest

from publisher.items.models import Item
from publisher.people.roles import Permission
from publisher.web.access import membership_here, permissions_here


def may_revise(request: HttpRequest, item: Item) -> bool:
    """Whose item it is, whoever submits for its section, and whoever may edit the drafts of others."""
    granted, member = permissions_here(request), membership_here(request)
    if Permission.EDIT_ANY_DRAFT in granted:
        return True
    is_own = item.created_by.removeprefix("cli:") == request.user.get_username()
    is_of_section = bool(member and item.section and item.section in member.sections)
    return Permission.SUBMIT in granted and (is_own or is_of_section)
