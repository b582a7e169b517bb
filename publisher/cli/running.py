"""Running the program: all in one process, or its parts."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

import click
import waitress
from celery import current_app
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from channels.errors import Text
from publisher.cli.beginning import begin
from publisher.cli.output import Exit, say, stop
from publisher.office import get_office, missing_secrets
from publisher.queue import outage
from publisher.queue.running.embedded import Engine
from publisher.queue.running.rounds import Rounds
from publisher.queue.running.workers import QUEUES, Worker, stop_limit_s, stop_working
from publisher.queue.sweep import sweep
from publisher.wording import sentence, system_reason

WEB_THREADS = 8
WORKER_WIDTH = 4

logger = logging.getLogger(__name__)

port_option = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。 Address to listen on.")


def _kinds(_context: click.Context, _option: click.Parameter, words: Sequence[str]) -> tuple[str, ...]:
    """The queues named by ``--kind a,b --kind c``; all where none is named."""
    named = dict.fromkeys(kind.strip() for word in words for kind in word.split(",") if kind.strip())
    for kind in named:
        if kind not in QUEUES:
            text = Text('There is no kind of channel "{kind}": write one of {kinds}.', kind=kind, kinds=_list(QUEUES))
            stop(text, Exit.USAGE)
    return tuple(named) or QUEUES


@click.command()
@port_option
@host_option
def up(port: int, host: str) -> None:
    """一条命令启动网页、发布进程和调度。 Web pages, worker and scheduler in one process."""
    begin()
    _warn_of_missing_secrets()
    server = _listen(host, port)
    engine = Engine(current_app, settings.PUBLISHER_HOME)
    if settings.BROKER_URL.startswith("bell:"):
        engine.start()
    say(Text("publisher is running at http://{host}:{port}/ – stop it with Ctrl-C.", host=host, port=port))
    run_until_stopped(server.run)
    say(Text("Stopping: calls in hand are finished first."))
    if not engine.stop():
        _leave()


@click.command()
@port_option
@host_option
def web(port: int, host: str) -> None:
    """只启动网页。 Only the web pages."""
    begin()
    server = _listen(host, port)
    say(Text("The web pages are at http://{host}:{port}/ – stop them with Ctrl-C.", host=host, port=port))
    run_until_stopped(server.run)


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=WORKER_WIDTH,
    show_default=True,
    help="每类渠道同时处理的件数。 Deliveries of one kind of channel at a time.",
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    callback=_kinds,
    help="只服务这些类别，用逗号分隔；默认全部。 Serve only these kinds of channel, comma separated; all if omitted.",
)
def worker(concurrency: int, kinds: tuple[str, ...]) -> None:
    """只启动发布进程（须设置 BROKER_URL）。 Only a worker; needs a broker."""
    _require_broker()
    begin()
    _warn_of_missing_secrets(kinds)
    _recover()
    ready = Text("The worker is ready for {kinds} – stop it with Ctrl-C.", kinds=_list(kinds))
    made = Worker(current_app, queues=kinds, width=concurrency, on_ready=lambda: say(ready))
    _stop_on_signal(stop_working)
    made.start()
    raise SystemExit(made.exitcode or Exit.DONE)


@click.command()
def beat() -> None:
    """只启动调度（须设置 BROKER_URL）。 Only the scheduler; needs a broker. More than one does no harm."""
    _require_broker()
    begin()
    stopping = threading.Event()
    _stop_on_signal(stopping.set)
    say(Text("The scheduler is running – stop it with Ctrl-C."))
    Rounds().run(stopping)


def _listen(host: str, port: int) -> waitress.server.BaseWSGIServer:
    try:
        return waitress.create_server(
            get_wsgi_application(), host=host, port=port, threads=WEB_THREADS, ident=None, **trust()
        )
    except OSError as error:
        stop_for_port(host, port, error)


def trust() -> dict[str, object]:
    """What a web server in front of ours may say of a request; from anybody else these headers are dropped."""
    if not settings.PUBLISHER_PROXY:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto"}
    return {"trusted_proxy": settings.PUBLISHER_PROXY, "trusted_proxy_headers": headers}


def stop_for_port(host: str, port: int, error: OSError) -> None:
    text = Text(
        "The address {host}:{port} cannot be used ({reason}): choose another one with --port.",
        host=host,
        port=port,
        reason=system_reason(error),
    )
    stop(text, Exit.USAGE)


def run_until_stopped(run: Callable[[], object]) -> None:
    """Run until Ctrl-C or a supervisor's SIGTERM, and come back either way; the second one ends the process."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        _on_first_signal(leave)
        run()
    except KeyboardInterrupt:
        sys.stderr.write("\n")


def _on_first_signal(handler: Callable[[int, FrameType | None], None]) -> None:
    """Call ``handler`` at the first Ctrl-C or SIGTERM; the second one ends the process at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        handler(number, frame)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, handle)


def _stop_on_signal(stop_it: Callable[[], object]) -> None:
    """Call ``stop_it`` at the first Ctrl-C or SIGTERM, and end the process all the same when its time is over.

    What a call that hangs leaves behind is found by the sweep: its process is gone.
    """
    asked = threading.Event()

    def see_to_it() -> None:
        asked.wait()
        say(Text("Stopping: calls in hand are finished first."))
        stop_it()
        time.sleep(stop_limit_s(get_office()))
        _leave()

    # In a thread, because a signal may come in the middle of anything, with any lock held.
    threading.Thread(target=see_to_it, name="publisher-stop", daemon=True).start()
    _on_first_signal(lambda _number, _frame: asked.set())


def _leave() -> NoReturn:
    """End the process now, which otherwise waits for the threads of calls that hang."""
    say(Text("Not everything in hand has ended in time: the next sweep sees to the rest."))
    logging.shutdown()
    os._exit(Exit.DONE)


def _recover() -> None:
    """Take back what an earlier worker on this machine left behind; a scheduler on another one would not know."""
    try:
        sweep()
    except outage.LOST as error:
        logger.error("the first sweep could not use the database (%s)", outage.reason(error))


def _require_broker() -> None:
    if settings.BROKER_URL.startswith("bell:"):
        stop(
            Text("The embedded broker lives inside `publisher up`: set BROKER_URL, such as redis://host:6379/0."),
            Exit.USAGE,
        )


def _warn_of_missing_secrets(kinds: Sequence[str] = QUEUES) -> None:
    """Say which channels of these kinds cannot work, and why."""
    office = get_office()
    for flaw in missing_secrets(office):
        table, name, *_setting = flaw.key.split(".")
        if table == "security":
            say(Text("{key}: {problem} Until then nobody signs in there.", key=flaw.key, problem=sentence(flaw.text)))
        elif table == "mail":
            say(Text("{key}: {problem} Until then nothing is mailed.", key=flaw.key, problem=sentence(flaw.text)))
        elif office.channels[name].kind in kinds:
            say(Text("{key}: {problem} Until then this channel is held.", key=flaw.key, problem=sentence(flaw.text)))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
