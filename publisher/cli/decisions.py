"""What a person decides about a delivery that waits for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

from channels.errors import Text
from publisher.cli.output import Exit, actor, print_json, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import get_office
from publisher.queue import actions, bells, queries
from publisher.queue.models import Delivery
from publisher.queue.states import State

delivery_argument = click.argument("delivery", type=int)
deliveries_argument = click.argument("deliveries", type=int, nargs=-1, metavar="DELIVERY…")
overdue_option = click.option(
    "--overdue", is_flag=True, help="所有过期未发的投递。 All that could not be sent in time."
)
reason_option = click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
json_option = click.option("--json", "as_json", is_flag=True)


@click.command()
@deliveries_argument
@overdue_option
@json_option
def retry(deliveries: tuple[int, ...], overdue: bool, as_json: bool) -> None:
    """重新处理待人处理的投递。 Take up held deliveries where they stopped."""
    _decide_all(deliveries, actions.retry, overdue=overdue, as_json=as_json)


@click.command()
@deliveries_argument
@overdue_option
@json_option
def cancel(deliveries: tuple[int, ...], overdue: bool, as_json: bool) -> None:
    """放弃投递。 Give deliveries up."""
    _decide_all(deliveries, actions.cancel, overdue=overdue, as_json=as_json)


@click.command()
@click.argument("deliveries", type=int, nargs=-1, required=True, metavar="DELIVERY…")
@reason_option
@json_option
def hold(deliveries: tuple[int, ...], reason: str, as_json: bool) -> None:
    """暂缓尚未开始的投递，重新处理前不发送。 Hold back deliveries that have not begun."""
    _decide_all(deliveries, partial(actions.hold, reason=reason), overdue=False, as_json=as_json)


@click.command()
@delivery_argument
@click.option("--url", default="", help="已发布的网址。 Where it can be seen.")
@reason_option
@json_option
def confirm(delivery: int, url: str, reason: str, as_json: bool) -> None:
    """人工确认已发布。 Say that it is out."""
    found = _find(delivery)
    actions.confirm(found, by=actor(), url=url, reason=reason)
    bells.ring_next(found)
    _show(found, as_json=as_json)


@click.command()
@delivery_argument
@reason_option
@json_option
def deny(delivery: int, reason: str, as_json: bool) -> None:
    """人工确认未发布，将重新发送。 Say that it is not out: it is sent again."""
    found = _find(delivery)
    actions.deny(found, by=actor(), reason=reason)
    bells.ring([found])
    _show(found, as_json=as_json)


def _decide_all(numbers: tuple[int, ...], decide: Callable[..., None], *, overdue: bool, as_json: bool) -> None:
    """Decide about the named deliveries, or about all that are overdue; with ``--json`` one alone is no list."""
    ensure_schema()
    if bool(numbers) == overdue:
        stop(Text("Name the numbers of deliveries, or --overdue for all that could not be sent in time."), Exit.USAGE)
    found = actions.overdue() if overdue else [_find(number) for number in numbers]
    for delivery in found:
        decide(delivery, by=actor())
        bells.ring([delivery])
        bells.ring_next(delivery)
    if as_json:
        documents = [queries.delivery_json(delivery) for delivery in found]
        print_json(documents[0] if len(numbers) == 1 else documents)
        return
    for delivery in found:
        _say(delivery)
    if not found:
        say(Text("Nothing is overdue."))


def _find(pk: int) -> Delivery:
    ensure_schema()
    found = Delivery.objects.select_related("revision__item", "product").filter(pk=pk, office=get_office().slug).first()
    if found is None:
        stop(Text("There is no delivery {number}: `publisher status` shows their numbers.", number=pk), Exit.USAGE)
    return found


def _show(delivery: Delivery, *, as_json: bool) -> None:
    if as_json:
        print_json(queries.delivery_json(delivery))
    else:
        _say(delivery)


def _say(delivery: Delivery) -> None:
    say(Text("The state of delivery {id} is now: {state}.", id=delivery.pk, state=State(delivery.state).label))
