"""An office with three approval steps and its people, for tests of approvals."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import User

from publisher.items.actions import Wish, revise, submit
from publisher.items.manuscript import Manuscript
from publisher.items.models import Item, Revision
from publisher.office import Office, StepSection, WorkflowSection, get_office
from publisher.people.roles import Role
from publisher.review.deciding import Opinion, decide
from publisher.review.models import Decision, Review
from publisher.review.opening import open_review
from publisher.review.places import Standing
from publisher.roles import StepKind
from tests.staff import person

STEPS = (
    StepSection(key="head", name="科室负责人初审", kind=StepKind.REVIEW, working_days=3),
    StepSection(key="secrecy", name="保密审查", kind=StepKind.SECRECY, working_days=3),
    StepSection(key="leader", name="分管领导签发", kind=StepKind.SIGN, working_days=3),
)
AUTHOR = "zhangwei"
DECIDERS = {
    "head": ("lina", Role.REVIEWER),
    "secrecy": ("wanggang", Role.SECRECY_REVIEWER),
    "leader": ("zhaomin", Role.SIGNER),
}


def with_steps(office: Office, *steps: StepSection, **settings: int) -> Office:
    """The office with these steps, or the usual three."""
    return replace(office, workflow=WorkflowSection(direct_release=True, steps=steps or STEPS, **settings))


def configured(office: Office) -> Office:
    """The office as the program itself reads it, its configuration with the usual three steps."""
    tables = ", ".join(f'{{ key = "{s.key}", name = "{s.name}", kind = "{s.kind}", working_days = 3 }}' for s in STEPS)
    text = office.path.read_text(encoding="utf-8")
    assert "steps = []" in text
    office.path.write_text(text.replace("steps = []", f"steps = [{tables}]", 1), encoding="utf-8")
    get_office.cache_clear()
    return get_office()


def deciders() -> dict[str, User]:
    """Somebody for each of the usual steps, by its key."""
    return {key: person(name, role) for key, (name, role) in DECIDERS.items()}


def manuscript(title: str = "科技活动周启动", text: str = "欢迎参加。") -> Manuscript:
    return Manuscript(title=title, html=f"<p>{text}</p>", media=())


def sent_up(office: Office, *, by: str = AUTHOR, to: tuple[str, ...] = ("portal",), section: str = "") -> Review:
    """A new item of that author in approval."""
    revision = submit(office, manuscript(), Wish(channels=to, section=section), by=by)
    return open_review(office, revision, by=by)


def changed(
    office: Office, item: Item, *, by: str = AUTHOR, title: str = "科技活动周启动", text: str = "请参加。"
) -> Review:
    """The item's next revision in approval."""
    return open_review(office, revise(office, item, manuscript(title, text), Wish(), by=by), by=by)


def opinion(review: Review, verdict: Decision.Verdict = Decision.Verdict.APPROVE, comment: str = "") -> Opinion:
    """A verdict on what is shown now."""
    step = Standing.of(Review.objects.get(pk=review.pk)).current
    return Opinion(verdict, review.digest, step.position if step else 0, comment)


def approve(office: Office, review: Review, by: User) -> Decision:
    return decide(office, review, opinion(review), by=by)


def newest(item: Item) -> Revision:
    return item.revisions.order_by("-number")[0]
