"""What deliveries need around them: configuration, secrets, disk, broker, and time that is not bent."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError
from redis import Redis
from redis.exceptions import RedisError

from channels.errors import Text
from publisher.office import BadConfiguration, Office, get_office, missing_secrets
from publisher.people import queries
from publisher.people.roles import Permission
from publisher.queue.diagnosis.findings import Finding, Who, problem, warning, well
from publisher.wording import system_reason

BROKER_ANSWERS_S = 2

LOW_BYTES = 500 * 2**20
LOW_SHARE = 0.05

REDIS = ("redis://", "rediss://")


def configuration() -> list[Finding]:
    """Whether the file is in order and the secrets it refers to are there."""
    try:
        office = get_office()
    except BadConfiguration as error:
        remedy = Text(
            "`publisher config check` names every mistake; before they are mended nothing can be said of deliveries."
        )
        return [problem("configuration", error.text, Who.ADMINISTRATOR, remedy)]
    missing = [
        warning("configuration", _missing(flaw.key), Who.ADMINISTRATOR, flaw.text) for flaw in missing_secrets(office)
    ]
    return missing or [well("configuration", Text("The configuration {path} is in order.", path=office.path))]


def _missing(key: str) -> Text:
    if key.startswith("mail."):
        return Text("A secret is missing, and without it no checkpoint is mailed: {key}.", key=key)
    if key.startswith("security."):
        return Text("A secret is missing, and without it nobody can sign in that way: {key}.", key=key)
    return Text("A secret is missing, and without it its channel sends nothing: {key}.", key=key)


def people(office: Office) -> list[Finding]:
    """Whether those who work with deliveries on the pages have somebody who helps them in."""
    if not queries.members(office):
        return [well("people", Text("Nobody has an account for the web pages: `publisher user create` makes one."))]
    if queries.people_who_may(office, Permission.MANAGE_PEOPLE):
        return [well("people", Text("Somebody manages the people of the office."))]
    text = Text("Nobody may manage people: whoever forgets a password or is locked out stays out.")
    remedy = Text("Make somebody an administrator with `publisher user roles NAME --role administrator`.")
    return [warning("people", text, Who.ADMINISTRATOR, remedy)]


def time_scale() -> list[Finding]:
    """Whether waiting times are those of a drill."""
    if settings.PUBLISHER_TIME_SCALE == 1:
        return []
    text = Text("This is a drill: every waiting time is multiplied by {scale}.", scale=settings.PUBLISHER_TIME_SCALE)
    remedy = Text("For real work unset PUBLISHER_TIME_SCALE and start the program again.")
    return [warning("time-scale", text, Who.ADMINISTRATOR, remedy)]


def home() -> list[Finding]:
    """Whether the home can be written and its disk has room."""
    folder = Path(settings.PUBLISHER_HOME)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(bytes(4096))
            file.flush()
        usage = shutil.disk_usage(folder)
    except OSError as error:
        text = Text("Nothing can be written into {path} ({reason}).", path=folder, reason=system_reason(error))
        remedy = Text("Make room on its disk, or let the program write there.")
        return [problem("home", text, Who.ADMINISTRATOR, remedy)]
    room = {"path": folder, "free": f"{usage.free / 2**20:,.0f}", "share": f"{usage.free / usage.total:.0%}"}
    if usage.free >= LOW_BYTES and usage.free >= LOW_SHARE * usage.total:
        return [well("home", Text("{path} can be written and has room: {free} MB, {share}.", **room))]
    text = Text("The disk of {path} is nearly full: {free} MB, {share} are free.", **room)
    return [warning("home", text, Who.ADMINISTRATOR, Text("Make room before nothing can be sent any more."))]


def broker() -> list[Finding]:
    """Whether the broker answers, and keeps what it is told."""
    url = settings.BROKER_URL
    if url.startswith("bell:"):
        return [well("broker", Text("The embedded broker needs no server."))]
    connection = Connection(url, connect_timeout=BROKER_ANSWERS_S)
    address = connection.as_uri()  # without the password
    try:
        return _redis(url, address) if url.startswith(REDIS) else _any(connection, address)
    except (RedisError, KombuError, *connection.connection_errors) as error:
        text = Text("The broker {address} gives no answer ({reason}).", address=address, reason=type(error).__name__)
        remedy = Text("Start it, or correct BROKER_URL: without it nothing is sent.")
        return [problem("broker", text, Who.ADMINISTRATOR, remedy)]


def _redis(url: str, address: str) -> list[Finding]:
    with Redis.from_url(url, socket_timeout=BROKER_ANSWERS_S, socket_connect_timeout=BROKER_ANSWERS_S) as redis:
        told: Any = redis.info()
    policy = str(told.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        text = Text("Redis may throw bells away when its memory is full: maxmemory-policy is {policy}.", policy=policy)
        return [warning("broker", text, Who.ADMINISTRATOR, Text("Set maxmemory-policy to noeviction."))]
    version = told.get("redis_version", "?")
    return [well("broker", Text("The broker {address} answers: Redis {version}.", address=address, version=version))]


def _any(connection: Any, address: str) -> list[Finding]:
    with connection:
        connection.ensure_connection(max_retries=1, timeout=BROKER_ANSWERS_S)
    return [well("broker", Text("The broker {address} answers.", address=address))]
