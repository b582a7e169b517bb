"""How much room a draft leaves in a short post, as the form says it while somebody writes."""

from __future__ import annotations

import pytest

from publisher.items.drafts.content import Content
from publisher.office import Office
from publisher.web.drafts.lengths import post_lengths

BOX = 270
"""Half-width units of a post in the model office; 【】, a space and the link take 25 of them."""


@pytest.mark.parametrize(
    ("title", "summary", "left"),
    [
        ("", "", (BOX - 25) // 2),
        ("通知", "", (BOX - 25) // 2 - 2),
        ("通知", "摘要" * 10, (BOX - 25) // 2 - 22),
        ("通" * 122, "", 0),
        ("通" * 130, "", -8),
    ],
)
def test_title_and_summary_share_the_room_with_the_link(office: Office, title: str, summary: str, left: int) -> None:
    html = f"<p>{'正文' * 500}</p>"
    (post,) = post_lengths(office, Content(title=title, summary=summary, html=html, channels=("weibo",)))
    assert (post.key, post.left, post.is_over, post.is_ticked) == ("weibo", left, left < 0, True)
    assert str(abs(left)) in post.words


def test_a_channel_with_words_of_its_own_is_counted_where_those_are_written(office: Office) -> None:
    content = Content(title="通知", channels=("weibo",), variants={"weibo": {"title": "另一个题目"}})
    assert post_lengths(office, content) == []


def test_a_channel_that_is_not_chosen_is_there_for_whoever_ticks_it(office: Office) -> None:
    (post,) = post_lengths(office, Content(title="通知", channels=("portal",)))
    assert not post.is_ticked
