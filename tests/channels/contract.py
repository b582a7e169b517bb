"""The promises every channel makes, whatever platform it speaks to.

An adapter's test inherits ``ChannelContract``, says how the channel is built, which platform it speaks to and how that
platform can misbehave::

    class TestWeibo(ChannelContract):
        speaks = WeiboPlatform
        secrets = {"WEIBO_ACCESS_TOKEN": "sandbox-access-token"}
        troubles = (Trouble("/2/statuses/share.json", "reset_after", OutcomeUnknown), ...)

        def make_channel(self, url: str) -> Channel:
            return WeiboChannel("weibo", WeiboChannel.Options(...), self.place)

A channel that can take back or correct inherits those promises too, from ``afterwards.py``. A promise a channel cannot
keep stands in ``cannot_keep`` with the reason; it is then not among that channel's tests.
"""

from __future__ import annotations

import logging
import posixpath
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from channels.base import LINK, Accepted, Channel, Place, Product, Receipt
from channels.errors import ChannelError, ChannelUnavailable, NeverSent, OutcomeUnknown, ProductRefused
from channels.markup import plain_text
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.samples import COLUMN, PAGE, fragments, make_article, titles

Outcome = Receipt | Accepted

FEW = settings(
    max_examples=6,
    deadline=None,
    # The suite is inherited on purpose, and its examples share one platform on purpose: its books only grow.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


PUBLISHED_AT = datetime(2026, 11, 27, 1, 5, tzinfo=UTC)


def solid(text: str) -> str:
    """``text`` without any blank: browsers and formats differ in those."""
    return "".join(text.split())


class Platform:
    """The outside world of one channel. A channel without a server overrides ``books`` only.

    Args:
        home: the data folder of the channel under test.
    """

    url = ""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def books(self) -> list[str]:
        """Title and text of each publication that is really out, as readers see it (nothing escaped)."""
        raise NotImplementedError

    def misbehave(self, path: str, fault: str) -> None:
        """Do ``fault`` once, at the next call of ``path``."""
        raise NotImplementedError


@dataclass(frozen=True)
class Trouble:
    """One row of a fault table: what the platform does at which call, and the error ``publish`` must raise.

    ``error`` None: the publication succeeds all the same.
    """

    path: str
    fault: str
    error: type[ChannelError] | None = None

    def __str__(self) -> str:
        return f"{self.fault} at {self.path}"


class ChannelContract:
    """Inherit, fill in the first five, run."""

    speaks: ClassVar[type[Platform]]
    secrets: ClassVar[Mapping[str, str]] = {}  #: environment variable → its secret value
    troubles: ClassVar[Sequence[Trouble]] = ()
    recall_troubles: ClassVar[Sequence[Trouble]] = ()
    takes_back: ClassVar[bool] = False  #: said by TakesBack and Corrects themselves
    corrects: ClassVar[bool] = False
    cannot_keep: ClassVar[Mapping[str, str]] = {}  #: name of a test below → why this channel cannot promise it

    home: Path
    place: Place

    def make_channel(self, url: str) -> Channel:
        """A channel as after a restart of the program, speaking to ``url``."""
        raise NotImplementedError

    def arrives(self, title: str) -> str:
        """How ``title`` stands on the platform; anything but the same is a documented rule of the platform."""
        return title

    def known_secrets(self, platform: Platform) -> Sequence[str]:  # noqa: ARG002 - for the adapter's test to use
        """Every secret in play; an adapter adds what the platform hands out."""
        return list(self.secrets.values())

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, reason in cls.cannot_keep.items():
            if not reason.strip() or not callable(getattr(cls, name, None)):
                raise TypeError(f"{cls.__name__}.cannot_keep: {name} is no promise of the contract, or has no reason")
            setattr(cls, name, None)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "trouble" in metafunc.fixturenames:
            metafunc.parametrize("trouble", self.troubles, ids=str)
        if "recall_trouble" in metafunc.fixturenames:
            metafunc.parametrize("recall_trouble", self.recall_troubles, ids=str)

    @pytest.fixture
    def platform(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
        for name, value in self.secrets.items():
            monkeypatch.setenv(name, value)
        self.home = tmp_path
        self.place = Place(tmp_path, "攀枝花市科学技术和知识产权局", "5104000000", columns=(COLUMN,))
        with self.speaks(tmp_path) as platform:
            yield platform

    # What the house does around a channel

    def product(self, channel: Channel, **changes: Any) -> Product:
        """A rendered product that knows the address of its item, and passes ``check``."""
        article = make_article(**changes)
        product = channel.render(article).with_link(article.page_url)
        assert not [str(problem.text) for problem in channel.check(product) if problem.is_error]
        return product

    def proof(self, channel: Channel, product: Product, outcome: Outcome, steps: MemorySteps) -> Receipt:
        """Ask until the proof is there."""
        for _ in range(100):
            if isinstance(outcome, Receipt):
                return outcome
            outcome = channel.confirm(product, outcome, steps)
            time.sleep(0.01)
        pytest.fail("the proof never came")

    def fulfil(self, platform: Platform, product: Product, steps: MemorySteps) -> Outcome | None:
        """Go on as the queue does, each attempt in a fresh process; None: only a person can tell."""
        for _ in range(6):
            steps = steps.fresh_process()
            channel = self.make_channel(platform.url)
            try:
                return channel.publish(product, steps)
            except ChannelUnavailable:
                continue
            except OutcomeUnknown:
                found = channel.find(product, steps)
            if found is not None or channel.capabilities.absence_after_s is None:
                return found
            steps.prove_absence()
        pytest.fail("the wish is never fulfilled")

    # The promises

    def test_a_product_goes_out_and_is_proven(self, platform: Platform) -> None:
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.product(channel)
        receipt = self.proof(channel, product, channel.publish(product, steps), steps)
        assert receipt.remote_id
        assert receipt.published_at.tzinfo is not None
        assert receipt.url.startswith(("http://", "https://")) or not channel.capabilities.gives_address
        assert len(platform.books()) == 1

    def test_same_key_publishes_once(self, platform: Platform) -> None:
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.product(channel)
        channel.publish(product, steps)
        channel.publish(product, steps)
        self.make_channel(platform.url).publish(product, steps.fresh_process())
        assert len(platform.books()) == 1

    def test_a_preview_is_made_of_the_product_alone(self, platform: Platform) -> None:
        channel = self.make_channel(platform.url)
        product = self.product(channel)
        stored = {medium.sha256: medium.content for medium in product.media}
        kept = Product.from_canonical(product.canonical(), stored.__getitem__)
        shown = channel.preview(kept, at=PUBLISHED_AT)
        assert shown == channel.preview(product, at=PUBLISHED_AT)
        assert set(stored.values()) <= {file.content for file in shown.files.values()}

    def test_a_preview_names_nothing_that_is_not_among_its_files(self, platform: Platform) -> None:
        channel = self.make_channel(platform.url)
        shown = channel.preview(self.product(channel), at=PUBLISHED_AT)
        page = BeautifulSoup(shown.files[shown.start].content, "html.parser")
        named = [str(e.get("src") or e.get("href")) for e in page.select("img, script, link[rel=stylesheet]")]
        assert named
        assert {posixpath.normpath(posixpath.join(posixpath.dirname(shown.start), n)) for n in named} <= set(
            shown.files
        )
        assert set(shown.handed_over) <= set(shown.files)

    @FEW
    @given(title=titles, html=fragments())
    def test_a_preview_shows_what_readers_will_read(self, platform: Platform, title: str, html: str) -> None:
        channel = self.make_channel(platform.url)
        product = channel.render(make_article(title=title, html=f"<p>甲。</p>{html}", media=()))
        shown = channel.preview(product, at=PUBLISHED_AT)
        seen = solid(BeautifulSoup(shown.files[shown.start].content, "html.parser").get_text())
        assert solid(product.title) in seen
        for line in plain_text(escape(product.body) if not channel.capabilities.rich_text else product.body).split(
            "\n"
        ):
            assert all(solid(piece) in seen for piece in re.split(f"\t|· |{LINK}|https?://[!-~]+", line))

    def test_a_gauge_that_is_over_is_told_or_cut(self, platform: Platform) -> None:
        channel = self.make_channel(platform.url)
        for gauge in channel.gauges(make_article()):
            name, far_too_long = next(iter(gauge.parts)), "长" * (gauge.limit + 1)
            changes = {name: f"<p>{far_too_long}</p>" if name == "html" else far_too_long}
            (over,) = [g for g in channel.gauges(make_article(**changes)) if g.name == gauge.name]
            assert gauge.left >= 0 > over.left
            product = channel.render(make_article(**changes))
            told = [
                problem for problem in channel.check(product) if problem not in channel.check(self.product(channel))
            ]
            assert bool(told) or over.over == "cut"
            assert any(problem.is_error for problem in told) or over.over != "refused"

    def test_nothing_published_is_nothing_found(self, platform: Platform) -> None:
        channel = self.make_channel(platform.url)
        assert channel.find(self.product(channel), MemorySteps()) is None

    def test_a_receipt_is_found_again_after_its_answer_was_lost(self, platform: Platform) -> None:
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.product(channel)
        original = self.proof(channel, product, channel.publish(product, steps), steps)
        steps.lose_answer()
        found = self.make_channel(platform.url).find(product, steps.fresh_process())
        assert found is not None
        again = self.proof(channel, product, found, steps)
        assert (again.remote_id, again.url) == (original.remote_id, original.url)

    def test_another_product_is_not_taken_for_ours(self, platform: Platform) -> None:
        channel, theirs, ours = self.make_channel(platform.url), MemorySteps(), self.begun_but_never_sent(platform)
        changes = {"key": "kzj-30-r1", "item": 30, "title": "另一条消息", "summary": "另一条。"}
        other = self.product(channel, **changes, page_url=f"{PAGE}30")
        self.proof(channel, other, channel.publish(other, theirs), theirs)
        assert channel.find(self.product(channel), ours) is None

    def begun_but_never_sent(self, platform: Platform) -> MemorySteps:
        """A delivery that was killed between its intent and its call."""
        for moment in range(100):
            steps, channel = MemorySteps(kill_at=moment), self.make_channel(platform.url)
            with suppress(Killed):
                channel.publish(self.product(channel), steps)
                pytest.fail("the channel has no irreversible step: say so in cannot_keep")
            if steps.memory.open_intents():
                return steps.fresh_process()
        pytest.fail("a publication has no end")

    def test_killed_at_any_moment_it_publishes_once(self, platform: Platform) -> None:
        for moment in range(100):
            before, steps = len(platform.books()), MemorySteps(kill_at=moment)
            channel = self.make_channel(platform.url)
            changes = {"key": f"kzj-{moment}-r1", "item": moment, "title": f"第{moment}条消息", "summary": ""}
            product = self.product(channel, **changes, page_url=f"{PAGE}{moment}")
            try:
                channel.publish(product, steps)
            except Killed:
                decided = self.fulfil(platform, product, steps)
                new = len(platform.books()) - before
                assert new == 1 if decided else new <= 1, f"killed at moment {moment}: {new} publications"
            else:
                assert moment > 0, "the channel keeps nothing in its steps"
                return
        pytest.fail("a publication has no end")

    def test_each_trouble_gets_its_error_and_the_look_tells_the_truth(
        self, platform: Platform, trouble: Trouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.product(channel)
        platform.misbehave(trouble.path, trouble.fault)
        error = self.error_of_publishing(channel, product, steps)
        assert type(error) is (trouble.error or type(None)), repr(error)
        if isinstance(error, OutcomeUnknown):
            found = self.make_channel(platform.url).find(product, steps.fresh_process())
            assert (found is not None) == bool(platform.books())
        if isinstance(error, ProductRefused):
            assert platform.books() == []
        else:
            decided = self.fulfil(platform, product, steps)
            assert len(platform.books()) == 1 if decided else len(platform.books()) <= 1
        self.assert_no_secret(platform, [repr(error), str(error), caplog.text, steps.stored_text()])

    def error_of_publishing(self, channel: Channel, product: Product, steps: MemorySteps) -> ChannelError | None:
        try:
            channel.publish(product, steps)
        except ChannelError as error:
            return error
        return None

    def test_what_is_too_late_is_not_sent(self, platform: Platform) -> None:
        channel, steps = self.make_channel(platform.url), MemorySteps(too_late=True)
        product = self.product(channel)
        with pytest.raises(NeverSent):
            channel.publish(product, steps)
        assert platform.books() == []
        assert steps.memory.open_intents() == []
        channel.publish(product, steps.fresh_process())
        assert len(platform.books()) == 1

    def test_what_it_can_do_is_tested(self, platform: Platform) -> None:
        capabilities = self.make_channel(platform.url).capabilities
        assert (capabilities.recall, capabilities.correct) == (self.takes_back, self.corrects)

    def test_nobody_home_is_unavailable(self, platform: Platform) -> None:
        product = self.product(self.make_channel(platform.url))
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            channel = self.make_channel(f"http://127.0.0.1:{bound.getsockname()[1]}")
            with pytest.raises(ChannelUnavailable):
                channel.publish(product, MemorySteps())
            assert not all(line.ok for line in channel.probe())

    def test_a_working_channel_passes_its_own_probe(self, platform: Platform) -> None:
        lines = self.make_channel(platform.url).probe()
        assert lines
        assert all(line.ok for line in lines), [str(line.detail) for line in lines]

    def test_render_and_check_stay_offline(self, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        channel = self.make_channel(platform.url)

        def forbidden(*_: object, **__: object) -> None:
            raise AssertionError("the network was touched")

        for name in ("socket", "create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, forbidden)
        channel.check(channel.render(make_article()))

    def test_render_is_deterministic_and_survives_storage(self, platform: Platform) -> None:
        product = self.make_channel(platform.url).render(make_article())
        assert self.make_channel(platform.url).render(make_article()).digest == product.digest
        files = {medium.sha256: medium.content for medium in product.media}
        stored = Product.from_canonical(product.canonical(), files.__getitem__)
        assert stored.digest == product.digest
        assert (stored.body, stored.media) == (product.body, tuple(product.media))

    @FEW
    @given(title=titles)
    @example("/")
    def test_any_unicode_title_arrives_unchanged(self, platform: Platform, title: str) -> None:
        channel, steps = self.make_channel(platform.url), MemorySteps()
        number = 1000 + len(platform.books())
        article = make_article(
            key=f"kzj-{number}-r1", item=number, title=title, summary="摘要。", page_url=f"{PAGE}{number}"
        )
        product = channel.render(article).with_link(article.page_url)
        assume(not any(problem.is_error for problem in channel.check(product)))
        self.proof(channel, product, channel.publish(product, steps), steps)
        assert any(self.arrives(title) in publication for publication in platform.books())

    @FEW
    @given(
        title=st.text(st.sampled_from("公告abc #😀"), min_size=1, max_size=70),
        html=fragments(),
        summary=st.text(st.sampled_from("摘要，。x#"), max_size=200),
        author=st.text(st.sampled_from("科室a"), max_size=12),
    )
    def test_what_check_accepts_the_platform_takes(
        self, platform: Platform, title: str, html: str, summary: str, author: str
    ) -> None:
        channel, number = self.make_channel(platform.url), 2000 + len(platform.books())
        address = f"{PAGE}{number}"
        article = make_article(
            key=f"kzj-{number}-r1", item=number, title=title, html=html, summary=f"{number}{summary}", author=author,
            media=(), attachments=(), page_url=address,
        )  # fmt: skip
        product = channel.render(article).with_link(address)
        assume(not any(problem.is_error for problem in channel.check(product)))
        assert isinstance(channel.publish(product, MemorySteps()), Receipt | Accepted)

    def test_no_secret_is_said_anywhere(self, platform: Platform, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.product(channel)
        outcome = channel.publish(product, steps)
        receipt = self.proof(channel, product, outcome, steps)
        lines = [str(line.name) + str(line.detail) for line in channel.probe()]
        said = [repr(channel), repr(vars(channel)), repr(product), repr(outcome), repr(receipt), repr(receipt.raw)]
        self.assert_no_secret(platform, [*lines, *said, caplog.text, steps.stored_text()])

    def assert_no_secret(self, platform: Platform, said: Sequence[str]) -> None:
        for secret in self.known_secrets(platform):
            assert not [text for text in said if secret in text], "a secret was said"
