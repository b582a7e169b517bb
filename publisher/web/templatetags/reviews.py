"""What the page of an approval asks of what was typed into it."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.simple_tag
def typed_remark(typed: Mapping[str, str], number: int) -> str:
    """The comment on a paragraph that was sent and refused; it must not be lost."""
    return typed.get(f"remark-{number}", "")
