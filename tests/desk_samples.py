"""Items and deliveries in any state, and reading pages as their readers do: for tests of the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from channels.base import Medium
from channels.errors import Text
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item
from publisher.office import get_office
from publisher.people.roles import FOUNDER
from publisher.queue import orders
from publisher.queue.models import Delivery
from publisher.queue.moves import error_json
from publisher.queue.states import State
from publisher.review.actions import release_directly
from tests.staff import person

PASSWORD = "correct-horse-battery"
REASON = Text("The platform refuses this text.")


def submitted(title: str = "科技活动周启动", *, html: str = "", media: tuple[Medium, ...] = (), to: str = "") -> Item:
    """An item of the model office, not released yet; ``to`` as on the command line, empty for all channels."""
    manuscript = Manuscript(title=title, html=html or f"<p>{title}，欢迎参加。</p>", media=media)
    return submit(get_office(), manuscript, Wish(channels=to.split(",") if to else ()), by="zhangwei").item


def released(title: str = "科技活动周启动", *, to: str = "") -> Item:
    """An item with its deliveries, all waiting."""
    item = submitted(title, to=to)
    release_directly(get_office(), item.revisions.get(), by="zhangwei")
    orders.collect()
    return item


def put(item: Item, channel: str, state: State, *, kind: str = "", **columns: Any) -> Delivery:
    """Put a delivery into a state as if it had come there, with an error of that kind where one is named."""
    if kind:
        columns["error"] = error_json(REASON, kind=kind)
    Delivery.objects.filter(item=item, channel=channel).update(state=state, **columns)
    return Delivery.objects.get(item=item, channel=channel)


def age(delivery: Delivery, seconds: float, **columns: Any) -> None:
    """Let a delivery be due, and its state have begun, that many seconds ago."""
    then = timezone.now() - timedelta(seconds=seconds)
    Delivery.objects.filter(pk=delivery.pk).update(**{"due_at": then, "since": then, **columns})


def elements(page: Any, query: str) -> list[Tag]:
    return list(BeautifulSoup(page.content.decode(), "html.parser").select(query))


def texts(page: Any, query: str) -> list[str]:
    """The texts of the elements found, white space as a reader sees it."""
    return [" ".join(element.get_text().split()) for element in elements(page, query)]


def links(page: Any, query: str = "a") -> list[str]:
    return [str(element.get("href")) for element in elements(page, query)]


def make_user() -> User:
    return person("zhangwei", *FOUNDER, password=PASSWORD)


def sign_in(client: Client) -> None:
    """Let somebody sign in at ``client``, a browser set to English."""
    client.force_login(person("zhangwei", *FOUNDER))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
