"""Approvals at the terminal: what waits for whom, what is to be decided on, and deciding."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.checks import say_findings
from publisher.cli.output import Exit, actor, login_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.cli.watching import find_item
from publisher.items.models import Item
from publisher.office import Office, get_office
from publisher.people import queries as people
from publisher.queue import bells
from publisher.queue.orders import collect
from publisher.review import queries
from publisher.review.actions import FoundErrors
from publisher.review.checks.scan import scan
from publisher.review.deciding import Opinion, decide
from publisher.review.models import Decision, Review, ReviewStep
from publisher.review.opening import open_review
from publisher.review.places import Standing
from publisher.review.queries import Open
from publisher.roles import Role
from publisher.wording import sentence

FEWEST_DIGITS = 8
"""So much of the digest proves that somebody looked at what they decide on."""

item_argument = click.argument("item", type=int)
json_option = click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
by_option = click.option(
    "--by", default="", help="办理人的用户名；默认为本机登录名。 Who decides; else who is logged in."
)
digest_option = click.option(
    "--digest", required=True, help="`review show` 所示校验码，至少前 8 位。 What was looked at, from `review show`."
)
password_option = click.option(
    "--password-stdin", is_flag=True, help="从标准输入读取办理人密码。 Read the password from standard input."
)
comment_option = click.option("--comment", default="", help="意见。 Opinion.")
reason_option = click.option("--comment", required=True, help="理由，拟稿人可见。 Why; the author reads it.")


@click.group()
def review() -> None:
    """审批：待办、查看、同意、退回、否决。 Approvals: what waits for whom, and deciding."""


@review.command("list")
@click.option("--for", "username", default="", help="只看待此人办理的。 Only what waits for that person.")
@click.option("--late", is_flag=True, help="只看逾期的。 Only what is late.")
@json_option
def list_reviews(username: str, late: bool, as_json: bool) -> None:
    """列出审批中的稿件，最急的在前。 Show what is in approval, most urgent first."""
    office = _office()
    today = _today(office)
    member = people.membership(_person(username), office) if username else None
    waiting = queries.waiting_for(office, member, today=today) if member else queries.open_reviews(office, today=today)
    shown = [one for one in waiting if one.is_late or not late] if member or not username else []
    if as_json:
        print_json([_open_json(one) for one in shown])
        return
    headings = [_("Item"), _("Step"), _("Waits for"), _("Working days left"), _("Waiting since")]
    print_table(headings, (_row(office, one) for one in shown))


@review.command()
@item_argument
@json_option
def show(item: int, as_json: bool) -> None:
    """查看一篇稿件的审批与检查结果。 Show the newest approval of an item, and what the checks say of it."""
    office = _office()
    found = _newest(find_item(item))
    if as_json:
        print_json(_json(office, found))
        return
    click.echo(found.revision.title)
    click.echo(f"{_('State')}: {found.get_state_display()}")
    click.echo(f"{_('Digest')}: {found.digest}")
    headings = [_("Step"), _("Decision"), _("Decided by"), _("Time"), _("Opinion")]
    print_table(headings, _decisions(office, found))
    say_findings(scan(office, found.revision))


@review.command("send-up")
@item_argument
@json_option
def send_up(item: int, as_json: bool) -> None:
    """送审一篇已提交的稿件。 Send a submitted item up for approval."""
    office = _office()
    found = find_item(item)
    opened = open_review(office, found.revisions.order_by("-number")[0], by=actor())
    _answer(office, opened.item, as_json=as_json)


@review.command()
@item_argument
@digest_option
@by_option
@password_option
@comment_option
@click.option(
    "--despite", default="", help="检查发现错误仍予通过的理由。 Why it may go on although the checks found errors."
)
@json_option
def approve(item: int, digest: str, by: str, password_stdin: bool, comment: str, despite: str, as_json: bool) -> None:
    """同意，进入下一环节或放行。 Approve at the step that is next."""
    _decide(item, Decision.Verdict.APPROVE, _Said(digest, comment, despite), _decider(by, password_stdin), as_json)


@review.command("send-back")
@item_argument
@digest_option
@by_option
@password_option
@reason_option
@json_option
def send_back(item: int, digest: str, by: str, password_stdin: bool, comment: str, as_json: bool) -> None:
    """退回修改。 Send it back to its author."""
    _decide(item, Decision.Verdict.SEND_BACK, _Said(digest, comment), _decider(by, password_stdin), as_json)


@review.command()
@item_argument
@digest_option
@by_option
@password_option
@reason_option
@json_option
def reject(item: int, digest: str, by: str, password_stdin: bool, comment: str, as_json: bool) -> None:
    """否决，不予发布。 Say for good that it will not be published."""
    _decide(item, Decision.Verdict.REJECT, _Said(digest, comment), _decider(by, password_stdin), as_json)


class _Said:
    """What was typed besides the verdict."""

    def __init__(self, digest: str, comment: str, despite: str = "") -> None:
        self.digest, self.comment, self.despite = digest, comment, despite


def _decide(item: int, verdict: Decision.Verdict, said: _Said, by: User, as_json: bool) -> None:
    office = _office()
    found = _newest(find_item(item))
    step = Standing.of(found).current
    opinion = Opinion(
        verdict,
        digest=_whole(said.digest, found.digest),
        step=step.position if step else 0,
        comment=said.comment,
        despite=said.despite,
    )
    try:
        decide(office, found, opinion, by=by)
    except FoundErrors as error:
        say_findings(error.errors)
        say(error.text)
        stop(Text("Approve it all the same with --despite REASON, or send it back."))
    bells.ring(collect(now=timezone.now()))
    _answer(office, found.item, as_json=as_json)


def _whole(typed: str, digest: str) -> str:
    """The whole digest, where the beginning that was typed is its own; else what was typed, which is refused."""
    if len(typed) < FEWEST_DIGITS:
        stop(
            Text("Name at least {count} digits of the digest that `publisher review show` tells.", count=FEWEST_DIGITS),
            Exit.USAGE,
        )
    return digest if digest.startswith(typed.lower()) else typed


def _decider(by: str, password_stdin: bool) -> User:
    """The account in whose name it is decided. Another one than that of who is logged in proves itself by password."""
    ensure_schema()
    if not (by or User.objects.filter(username=login_name()).exists()):
        stop(
            Text("Say with --by who decides: {name}, who is logged in, has no account here.", name=login_name()),
            Exit.USAGE,
        )
    person = _person(by or login_name())
    if person.get_username() == login_name():
        return person
    typed: str = sys.stdin.readline().rstrip("\n") if password_stdin else click.prompt("密码 Password", hide_input=True)
    if not person.is_active or not person.check_password(typed):
        stop(Text("This is not the password of {name}.", name=person.get_username()))
    return person


def _person(username: str) -> User:
    ensure_schema()
    found = User.objects.filter(username=username).first()
    if found is None:
        stop(
            Text("There is no account {name}: `publisher user list` shows those there are.", name=username), Exit.USAGE
        )
    return found


def _newest(item: Item) -> Review:
    newest = queries.newest_review(item)
    found = queries.review_of(get_office(), newest.pk) if newest else None
    if found is None:
        stop(Text("Item {item} was not sent up for approval: `publisher review send-up {item}` does it.", item=item.pk))
    return found


def _answer(office: Office, item: Item, *, as_json: bool) -> None:
    found = _newest(item)
    if as_json:
        print_json(_json(office, found))
        return
    step = Standing.of(found).current
    if found.state == Review.State.OPEN and step is not None:
        say(Text("Item {item} waits at “{step}” for: {people}.", item=item.pk, step=step.name, people=_who(step)))
    else:
        say(Text("The approval of item {item} has ended: {state}.", item=item.pk, state=found.get_state_display()))


def _row(office: Office, one: Open) -> tuple[object, ...]:
    days = [deadline.left for deadline in (one.of_step, one.of_review) if deadline.left is not None]
    told = min(days) if days else _unknown(one.nearest)
    name = f"{one.review.item_id} {one.review.revision.title}"
    since = one.since.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M")
    return name, one.step.name, _who(one.step), told, since


def _unknown(until: queries.Deadline) -> str:
    """Why no deadline is told, where there is one."""
    if until.unknown_year is None:
        return ""
    return sentence(Text("last day not known: the holidays of {year} are not announced yet", year=until.unknown_year))


def _who(step: ReviewStep) -> str:
    named = [f"{name}/{step.deputies[name]}" if name in step.deputies else name for name in step.people]
    return "、".join(named or [str(Role(role).label) for role in step.roles])


def _decisions(office: Office, found: Review) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for step in found.steps.all():
        said = [decision for decision in found.decisions.all() if decision.step_id == step.pk]
        rows += [
            (
                step.name,
                decision.get_verdict_display(),
                decision.person,
                decision.at.astimezone(office.timezone).strftime("%Y-%m-%d %H:%M"),
                decision.comment,
            )
            for decision in said
        ] or [(step.name, "", _who(step), "", "")]
    return rows


def _open_json(one: Open) -> dict[str, Any]:
    return {
        "item": one.review.item_id,
        "title": one.review.revision.title,
        "step": one.step.key,
        "waits_for": one.step.people or one.step.roles,
        "since": one.since.isoformat(),
        "days_left": one.of_step.left,
        "days_left_of_all": one.of_review.left,
        "unknown_year": one.nearest.unknown_year,
        "late": one.is_late,
    }


def _json(office: Office, found: Review) -> dict[str, Any]:
    standing = Standing.of(found)
    until = queries.deadline(office, found, today=_today(office))
    is_open = found.state == Review.State.OPEN and standing.current is not None
    return {
        "item": found.item_id,
        "review": found.pk,
        "revision": found.revision.number,
        "title": found.revision.title,
        "state": found.state,
        "digest": found.digest,
        "step": standing.current.key if is_open and standing.current else None,
        "due_on": until.due_on.isoformat() if until.due_on else None,
        "days_left": until.left,
        "unknown_year": until.unknown_year,
        "decisions": [
            {
                "step": decision.step.key,
                "verdict": decision.verdict,
                "person": decision.person,
                "on_behalf_of": decision.on_behalf_of,
                "at": decision.at.isoformat(),
                "comment": decision.comment,
                "remarks": decision.remarks,
                "despite": decision.despite,
            }
            for decision in found.decisions.all()
        ],
        "findings": [finding.json() for finding in scan(office, found.revision)],
    }


def _office() -> Office:
    ensure_schema()
    return get_office()


def _today(office: Office) -> date:
    return timezone.now().astimezone(office.timezone).date()
