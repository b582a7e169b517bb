"""From a product to its draft: each stage a step that is remembered.

Source: developers.weixin.qq.com, api_uploadimage, api_addmaterial, api_draft_add, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from channels import markup
from channels.base import ASSET, Json, Medium, Product, Steps
from channels.errors import ChannelUnavailable, PersonNeeded, ProductRefused
from channels.wechat import picture_post
from channels.wechat.api import Api, Object, text_of
from channels.wechat.codes import UNKNOWN_MEDIA
from channels.wechat.listing import Mark, newest_match, rows
from channels.wechat.together import articles_of

FRESH = timedelta(seconds=60)
"""A new picture or draft may be unknown to the platform for some seconds."""

DRAFT, LEFT = "draft", "left"
"""Names of steps."""


class Drafting:
    """The draft of one delivery, with the articles that go out together."""

    def __init__(self, api: Api, product: Product, steps: Steps) -> None:
        self.api = api
        self.products = articles_of(product)
        self.steps = steps

    def make(self) -> str:
        """Upload the pictures and add the draft, unless that is done; return the draft's ``media_id``."""
        add = partial(self._add, [self._article(product) for product in self.products])
        return str(self.steps.repeatable(DRAFT, add, recover=self._left_behind)["media_id"])

    def is_fresh(self) -> bool:
        """Whether the draft was made so lately that the platform may not know it yet."""
        return self._is_new(DRAFT)

    def _article(self, product: Product) -> Object:
        if picture_post.is_one(product):
            return self._picture_post(product)
        return {
            "article_type": "news",
            "title": product.title,
            "author": product.fields["author"],
            "digest": product.fields["digest"],
            "content": self._content(product),
            "content_source_url": source_url(product),
            "thumb_media_id": self._library_picture(product, product.fields["cover"]),
            **_crops(product),
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }

    def _picture_post(self, product: Product) -> Object:
        shown = product.fields["pictures"].split()
        pictures = [{"image_media_id": self._library_picture(product, sha256)} for sha256 in shown]
        return {
            "article_type": picture_post.NEWSPIC,
            "title": product.title,
            "content": product.fill(product.body),
            "image_info": {"image_list": pictures},
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }

    def _content(self, product: Product) -> str:
        addresses = {sha256: self._body_picture(product, sha256) for sha256 in markup.pictures(product.body)}
        content = markup.place_pictures(product.body, addresses.__getitem__)
        if f'src="{ASSET}' in content:
            raise ProductRefused(
                "A picture of {title} is missing: insert it again and submit the item.", title=product.title
            )
        return content

    def _body_picture(self, product: Product, sha256: str) -> str:
        picture = product.medium(sha256)
        stored = self.steps.repeatable(f"image:{sha256[:16]}", partial(self._upload, picture))
        return str(stored["url"])

    def _upload(self, picture: Medium) -> Json:
        return {"url": self.api.address_of(picture)}

    def _library_picture(self, product: Product, sha256: str) -> str:
        picture = product.medium(sha256)
        stored = self.steps.repeatable(
            _library_step(sha256), partial(self._add_material, picture), recover=partial(self._material_left, picture)
        )
        return str(stored["media_id"])

    def _add_material(self, picture: Medium) -> Json:
        return {"media_id": text_of(self.api.upload("/cgi-bin/material/add_material?type=image", picture), "media_id")}

    def _material_left(self, picture: Medium) -> Json | None:
        """An earlier upload whose answer was lost, by our file name, which holds the digest of the content."""
        for row in rows(self.api, "/cgi-bin/material/batchget_material", {"type": "image"}):
            if row.get("name") == picture.name and row.get("media_id"):
                return {"media_id": str(row["media_id"])}
        return None

    def _add(self, articles: list[Object]) -> Json:
        try:
            return {"media_id": text_of(self.api.ask("/cgi-bin/draft/add", {"articles": articles}), "media_id")}
        except PersonNeeded as error:
            if error.code == str(UNKNOWN_MEDIA) and any(map(self._is_new, self._library_steps())):
                raise ChannelUnavailable(
                    "WeChat does not know the new cover picture yet. It will be tried again.", retry_after_s=10
                ) from None
            raise

    def _left_behind(self) -> Json | None:
        """An earlier draft whose answer was lost: ours by address and title, and not older than our first attempt.

        The age matters: an older draft with the same title may hold an older text.
        """
        begun = self.steps.begun_at(DRAFT)
        if begun is None:
            return None
        marks = [mark_of(product) for product in self.products]
        row = newest_match(self.api, "/cgi-bin/draft/batchget", marks, since=begun, whole=True)
        return {"media_id": str(row["media_id"])} if row else None

    def _library_steps(self) -> list[str]:
        fields = [product.fields for product in self.products]
        return [_library_step(sha256) for one in fields for sha256 in one.get("pictures", "").split() or [one["cover"]]]

    def _is_new(self, step: str) -> bool:
        begun = self.steps.begun_at(step)
        return begun is not None and datetime.now(UTC) - begun < FRESH


def is_used_up(api: Api, media_id: str) -> bool:
    """Whether the draft is gone: it disappears when it is published."""
    answer = api.ask_about("/cgi-bin/draft/get", {"media_id": media_id}, expected={UNKNOWN_MEDIA})
    return answer.get("errcode") == UNKNOWN_MEDIA


def leave(api: Api, product: Product, earlier: Iterable[Steps]) -> None:
    """Delete the drafts of earlier attempts in other company, which nobody may publish any more.

    Raises PersonNeeded: one is gone, so it may be out whatever was answered; said once, as whoever takes the delivery
    up again has looked.
    """
    for steps in earlier:
        draft = steps.result(DRAFT)
        if draft is None or steps.result(LEFT) is not None:
            continue
        body = {"media_id": str(draft["media_id"])}
        if steps.begun_at(LEFT) is None and is_used_up(api, body["media_id"]):
            steps.repeatable(LEFT, lambda: {"errcode": UNKNOWN_MEDIA})
            raise PersonNeeded(
                "“{title}” was to go out with other articles before, and that draft is no longer in the WeChat "
                "console. Look there whether it was published: then confirm this delivery with its address; or else "
                "take it up again.",
                title=product.title,
            )
        # Begun is remembered before it is deleted: a crash behind it must not look like a publication.
        steps.repeatable(LEFT, partial(api.ask, "/cgi-bin/draft/delete", body), recover=lambda: None)


def source_url(product: Product) -> str:
    """The address behind 阅读原文, by which the article is known again; a picture post has none."""
    return product.fill(product.fields.get("content_source_url", ""))


def mark_of(product: Product) -> Mark:
    """By what the article is known again."""
    if picture_post.is_one(product):
        return Mark(product.title, "", product.fill(product.body))
    return Mark(product.title, source_url(product))


def _library_step(sha256: str) -> str:
    return f"cover:{sha256[:16]}"


def _crops(product: Product) -> Object:
    """The parts of the cover that are shown, where the product names them."""
    names = {"crop_wide": "pic_crop_235_1", "crop_square": "pic_crop_1_1"}
    return {theirs: product.fields[ours] for ours, theirs in names.items() if product.fields.get(ours)}
