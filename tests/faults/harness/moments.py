"""Where a worker can be hit: found by watching it from outside, never listed by hand.

A moment stands before and after every change of the database, every commit, every call of a platform, between the bytes
of a request and its answer, and before and after every change of a folder. They are counted while a worker lives; at a
chosen one it is killed, stopped, or an error strikes it.
"""

from __future__ import annotations

import errno
import os
import signal
import smtplib
import sqlite3
from collections.abc import Callable
from ctypes import c_long
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http.client import HTTPConnection
from multiprocessing.sharedctypes import RawValue
from typing import Any

import paramiko
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from channels.http import Http
from tests.faults.harness.patches import wrap
from tests.faults.harness.wordpress import call_name

READS = ("SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE", "SET", "BEGIN")
FOLDER_CALLS = ("rename", "replace", "mkdir", "fsync", "unlink", "rmdir")


class Blow(StrEnum):
    """What strikes a worker at a moment."""

    NONE = "none"
    KILL = "kill"
    """SIGKILL"""
    STOP = "stop"
    """SIGSTOP, at the next moment at which no transaction of it keeps the others waiting; but never between its last
    look at the clock and the bytes that leave right after it, a gap that no sender can close"""
    TRIP = "trip"
    """the database or the disk fails, for as many moments as ``length``"""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which moment of a life is struck, from 1, and how."""

    blow: Blow = Blow.NONE
    at: int = 0
    length: int = 1


class Watch:
    """Counts the moments of the worker that is forked next.

    Attributes:
        labels: what each moment was, in the worker's own memory.
        sent: requests that left whole, also visible to the process that forked the worker.
        woken: called when a stopped worker is woken.
    """

    def __init__(self) -> None:
        self.plan = Plan()
        self.labels: list[str] = []
        self.trips = 0
        self.woken: Callable[[], None] = lambda: None
        self._sent = RawValue(c_long, 0)

    @property
    def sent(self) -> int:
        return self._sent.value

    def forget_sent(self) -> None:
        self._sent.value = 0

    def begin(self, plan: Plan) -> None:
        """Begin to watch; called once in each worker."""
        self.plan, self.labels = plan, []
        _watch_database(self)
        _watch_calls(self)
        _watch_folders(self)
        _watch_papers(self)
        _watch_records(self)

    def note_sent(self) -> None:
        self._sent.value += 1

    def reach(self, label: str, *, error: Callable[[], Exception] | None = None, may_stop: bool = True) -> None:
        """A moment. Raises what ``error`` makes where the plan trips the worker here."""
        self.labels.append(label)
        number, plan = len(self.labels), self.plan
        if plan.blow is Blow.KILL and number == plan.at:
            os.kill(os.getpid(), signal.SIGKILL)
        if plan.blow is Blow.STOP and number >= plan.at and may_stop and not _holds_database():
            self.plan = Plan()
            os.kill(os.getpid(), signal.SIGSTOP)
            self.woken()
        if plan.blow is Blow.TRIP and plan.at <= number < plan.at + plan.length and error is not None:
            self.trips += 1
            raise error()


def _watch_database(watch: Watch) -> None:
    def execute(call: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( ").upper().startswith(READS):
            return call(sql, params, many, context)
        label = " ".join(sql.split(None, 3)[:3]).replace('"', "")
        watch.reach(f"before {label}", error=_database_error)
        result = call(sql, params, many, context)
        # Outside a transaction the statement is its own commit, and its answer may be lost.
        watch.reach(f"after {label}", error=None if connection.in_atomic_block else _database_error)
        return result

    def watched_commit(commit: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: BaseDatabaseWrapper) -> None:
            watch.reach("before commit", error=_database_error)
            commit(self)
            # An answer to COMMIT that is lost: it is done, and the worker must take it for failed.
            watch.reach("after commit", error=_database_error)

        return call

    wrap(BaseDatabaseWrapper, "_commit", watched_commit)
    connection.execute_wrappers.append(execute)


def _watch_calls(watch: Watch) -> None:
    def watched_call(call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self: Http, method: str, path: str, **options: Any) -> Any:
            name = call_name(method, path)
            watch.reach(f"before call {name}")
            result = call(self, method, path, **options)
            watch.reach(f"after call {name}")
            return result

        return watched

    def watched_send(send: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self: HTTPConnection, data: Any) -> None:
            watch.reach("before bytes of a request", may_stop=False)
            send(self, data)

        return watched

    def watched_answer(answer: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self: HTTPConnection) -> Any:
            watch.note_sent()
            watch.reach("request sent, no answer read")
            return answer(self)

        return watched

    wrap(Http, "call", watched_call)
    wrap(HTTPConnection, "send", watched_send)
    wrap(HTTPConnection, "getresponse", watched_answer)


def _watch_papers(watch: Watch) -> None:
    """Every command to a mail server, its answer, and every request to an SFTP server."""

    def watched_command(send: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self: smtplib.SMTP, data: Any) -> None:
            watch.reach("before bytes to a mail server", error=_line_broken, may_stop=False)
            send(self, data)
            watch.reach("sent to a mail server, no answer read", error=_line_broken)

        return watched

    def watched_request(request: Callable[..., Any]) -> Callable[..., Any]:
        def watched(self: paramiko.SFTPClient, kind: Any, *words: Any) -> Any:
            watch.reach("before a request by SFTP", error=_line_broken, may_stop=False)
            result = request(self, kind, *words)
            watch.reach("after a request by SFTP", error=_line_broken)
            return result

        return watched

    wrap(smtplib.SMTP, "send", watched_command)
    wrap(paramiko.SFTPClient, "_request", watched_request)


def _watch_folders(watch: Watch) -> None:
    for name in FOLDER_CALLS:
        wrap(os, name, partial(_watched, watch, name))


def _watched(watch: Watch, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def call(*words: Any, **options: Any) -> Any:
        watch.reach(f"before {name}", error=_disk_full)
        result = original(*words, **options)
        watch.reach(f"after {name}")
        return result

    return call


def _watch_records(watch: Watch) -> None:
    """A channel's own SQLite file, which Django knows nothing of."""

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
            if sql.lstrip().upper().startswith(READS):
                return super().execute(sql, values)
            label = " ".join(sql.split(None, 3)[:3])
            watch.reach(f"before {label} of a channel", error=_records_error)
            cursor = super().execute(sql, values)
            watch.reach(f"after {label} of a channel")
            return cursor

    def connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
        return partial(connect, factory=Watched)

    wrap(sqlite3, "connect", connecting)


def _holds_database() -> bool:
    """Whether a transaction is open, the last moment before its commit included, where Django calls it closed."""
    opened = connection.connection
    if opened is None or connection.in_atomic_block:
        return connection.in_atomic_block
    if connection.vendor == "postgresql":
        return bool(opened.info.transaction_status)
    return bool(opened.in_transaction)


def _database_error() -> Exception:
    return OperationalError("disk I/O error")


def _records_error() -> Exception:
    return sqlite3.OperationalError("disk I/O error")


def _line_broken() -> Exception:
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def _disk_full() -> Exception:
    return OSError(errno.ENOSPC, "No space left on device")
