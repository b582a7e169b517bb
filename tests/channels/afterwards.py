"""The promises of channels that can change what is out: take it back, or put a correction in its place.

An adapter's test inherits them beside ``ChannelContract``; ``recall_troubles`` is the fault table of ``recall``.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import pytest

from channels.base import Channel, Evidence, Product, Receipt
from channels.errors import ChannelError, ChannelUnavailable, NeverSent, OutcomeUnknown, ProductRefused
from tests.channels.contract import ChannelContract, Outcome, Platform, Trouble
from tests.channels.memory_steps import Killed, MemorySteps
from tests.channels.samples import PAGE


class Afterwards(ChannelContract):
    """What both need."""

    def numbered(self, channel: Channel, number: int, **changes: Any) -> Product:
        values = {"key": f"kzj-{number}-r1", "item": number, "title": f"第{number}条", "summary": f"第{number}条。"}
        return self.product(channel, **values | {"page_url": f"{PAGE}{number}"} | changes)

    def published(self, platform: Platform, number: int = 31) -> Receipt:
        channel, steps = self.make_channel(platform.url), MemorySteps()
        product = self.numbered(channel, number)
        return self.proof(channel, product, channel.publish(product, steps), steps)


class TakesBack(Afterwards):
    takes_back = True

    def take_back(self, platform: Platform, receipt: Receipt, steps: MemorySteps) -> None:
        """Go on as the queue does, each attempt in a fresh process, until it is taken back or seen to be gone."""
        for _ in range(6):
            steps = steps.fresh_process()
            channel = self.make_channel(platform.url)
            try:
                channel.recall(receipt, steps)
                return
            except ChannelUnavailable:
                continue
            except OutcomeUnknown:
                if channel.find_recall(receipt, steps) is not None:
                    return
            steps.prove_absence()
        pytest.fail("it is never taken back")

    def test_taken_back_it_is_gone_and_nothing_else_is(self, platform: Platform) -> None:
        ours, theirs = self.published(platform, 31), self.published(platform, 32)
        channel = self.make_channel(platform.url)
        assert channel.look(ours).is_there
        gone = channel.recall(ours, MemorySteps())
        assert [("第31条" in text, "第32条" in text) for text in platform.books()] == [(False, True)]
        assert gone.evidence is Evidence.READ_BACK
        assert (gone.remote_id, gone.url) == (ours.remote_id, ours.url)
        assert gone.published_at.tzinfo is not None
        assert gone.published_at >= ours.published_at.replace(microsecond=0)
        assert (channel.look(ours).is_there, channel.look(theirs).is_there) == (False, True)

    def test_taken_back_twice_is_fine(self, platform: Platform) -> None:
        receipt, steps = self.published(platform), MemorySteps()
        for again in (steps, steps.fresh_process(), MemorySteps()):
            gone = self.make_channel(platform.url).recall(receipt, again)
            assert gone.evidence is Evidence.READ_BACK
        assert platform.books() == []

    def test_killed_at_any_moment_it_is_taken_back(self, platform: Platform) -> None:
        for moment in range(100):
            receipt, steps = self.published(platform, moment), MemorySteps(kill_at=moment)
            try:
                self.make_channel(platform.url).recall(receipt, steps)
            except Killed:
                self.take_back(platform, receipt, steps)
                assert platform.books() == [], f"killed at moment {moment}"
            else:
                assert moment > 0, "the channel keeps nothing in its steps"
                return
        pytest.fail("a recall has no end")

    def test_a_recall_that_is_too_late_touches_nothing(self, platform: Platform) -> None:
        receipt, steps = self.published(platform), MemorySteps(too_late=True)
        channel = self.make_channel(platform.url)
        with pytest.raises(NeverSent):
            channel.recall(receipt, steps)
        assert channel.look(receipt).is_there
        assert steps.memory.open_intents() == []
        channel.recall(receipt, steps.fresh_process())
        assert platform.books() == []

    def test_each_trouble_of_a_recall_gets_its_error_and_the_look_tells_the_truth(
        self, platform: Platform, recall_trouble: Trouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        receipt, steps = self.published(platform), MemorySteps()
        channel = self.make_channel(platform.url)
        platform.misbehave(recall_trouble.path, recall_trouble.fault)
        error = self.error_of_recalling(channel, receipt, steps)
        assert type(error) is (recall_trouble.error or type(None)), repr(error)
        assert channel.look(receipt).is_there == bool(platform.books())
        self.take_back(platform, receipt, steps)
        assert platform.books() == []
        assert not channel.look(receipt).is_there
        self.assert_no_secret(platform, [repr(error), str(error), caplog.text, steps.stored_text()])

    def error_of_recalling(self, channel: Channel, receipt: Receipt, steps: MemorySteps) -> ChannelError | None:
        try:
            channel.recall(receipt, steps)
        except ChannelError as error:
            return error
        return None


class Corrects(Afterwards):
    corrects = True

    def correction(self, channel: Channel, number: int = 31) -> Product:
        changes = {"key": f"kzj-{number}-r2", "revision": 2, "title": f"更正{number}", "summary": "更正。"}
        return self.numbered(channel, number, **changes)

    def fulfil_correction(self, platform: Platform, receipt: Receipt, number: int, steps: MemorySteps) -> Outcome:
        """Go on as the queue does, each attempt in a fresh process."""
        for _ in range(6):
            steps = steps.fresh_process()
            channel = self.make_channel(platform.url)
            product = self.correction(channel, number)
            try:
                return channel.correct(receipt, product, steps)
            except ChannelUnavailable:
                continue
            except OutcomeUnknown:
                if (found := channel.find(product, steps)) is not None:
                    return found
            steps.prove_absence()
        pytest.fail("it is never corrected")

    def assert_corrected(self, platform: Platform, number: int = 31) -> None:
        ours = [text for text in platform.books() if f"更正{number}" in text or f"第{number}条" in text]
        assert [text.splitlines()[0] for text in ours] == [f"更正{number}"]

    def assert_same_place(self, corrected: Receipt, receipt: Receipt) -> None:
        assert (corrected.remote_id, corrected.url) == (receipt.remote_id, receipt.url)

    def assert_same_proof(self, found: Outcome | None, corrected: Receipt) -> None:
        assert found == corrected

    def test_a_correction_takes_the_place(self, platform: Platform) -> None:
        receipt, channel = self.published(platform), self.make_channel(platform.url)
        product, steps = self.correction(channel), MemorySteps()
        corrected = self.proof(channel, product, channel.correct(receipt, product, steps), steps)
        self.assert_same_place(corrected, receipt)
        assert corrected.published_at.tzinfo is not None
        self.assert_corrected(platform)

    def test_corrected_twice_changes_nothing(self, platform: Platform) -> None:
        receipt, steps = self.published(platform), MemorySteps()
        for again in (steps, steps.fresh_process(), MemorySteps()):
            channel = self.make_channel(platform.url)
            channel.correct(receipt, self.correction(channel), again)
        self.assert_corrected(platform)

    def test_a_correction_is_found_again_after_its_answer_was_lost(self, platform: Platform) -> None:
        receipt, channel = self.published(platform), self.make_channel(platform.url)
        product, steps = self.correction(channel), MemorySteps()
        assert channel.find(product, steps) is None
        corrected = self.proof(channel, product, channel.correct(receipt, product, steps), steps)
        steps.lose_answer()
        found = self.make_channel(platform.url).find(product, steps.fresh_process())
        self.assert_same_proof(found, corrected)

    def test_what_was_corrected_does_not_come_back(self, platform: Platform) -> None:
        receipt, channel = self.published(platform), self.make_channel(platform.url)
        channel.correct(receipt, self.correction(channel), MemorySteps())
        with pytest.raises(ProductRefused):
            channel.publish(self.numbered(channel, 31), MemorySteps())
        self.assert_corrected(platform)

    def test_a_correction_that_is_too_late_touches_nothing(self, platform: Platform) -> None:
        receipt, channel = self.published(platform), self.make_channel(platform.url)
        product, steps = self.correction(channel), MemorySteps(too_late=True)
        before = platform.books()
        with pytest.raises(NeverSent):
            channel.correct(receipt, product, steps)
        assert platform.books() == before
        channel.correct(receipt, product, steps.fresh_process())
        self.assert_corrected(platform)

    def test_killed_at_any_moment_a_correction_takes_the_place(self, platform: Platform) -> None:
        for moment in range(100):
            receipt, steps = self.published(platform, moment), MemorySteps(kill_at=moment)
            channel = self.make_channel(platform.url)
            with suppress(Killed):
                channel.correct(receipt, self.correction(channel, moment), steps)
                assert moment > 0, "the channel keeps nothing in its steps"
                return
            self.fulfil_correction(platform, receipt, moment, steps)
            self.assert_corrected(platform, moment)
        pytest.fail("a correction has no end")
