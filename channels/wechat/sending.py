"""From product to submitted draft: each stage a step that is remembered.

Source: developers.weixin.qq.com, api_uploadimage, api_addmaterial, api_draft_add, api_freepublish_submit, read 2026-11.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from channels import markup
from channels.base import ASSET, Json, Medium, Product, Steps
from channels.errors import ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused
from channels.wechat.api import Api, text_of
from channels.wechat.codes import UNKNOWN_MEDIA
from channels.wechat.listing import newest_match, rows

FRESH = timedelta(seconds=60)
"""A new picture or draft may be unknown to the platform for some seconds."""

DRAFT, SUBMIT = "draft", "submit"
"""Names of steps."""


class Sending:
    """One delivery on its way."""

    def __init__(self, api: Api, product: Product, steps: Steps) -> None:
        self.api = api
        self.product = product
        self.steps = steps
        self.source_url = product.fill(product.fields["content_source_url"])

    def make_draft(self) -> str:
        """Upload the pictures and add the draft, unless that is done; return the draft's ``media_id``."""
        addresses = {sha256: self._body_picture(sha256) for sha256 in markup.pictures(self.product.body)}
        content = markup.place_pictures(self.product.body, addresses.__getitem__)
        if f'src="{ASSET}' in content:
            raise ProductRefused(
                "A picture of {title} is missing: insert it again and submit the item.", title=self.product.title
            )
        add = partial(self._add_draft, content, self._cover())
        return str(self.steps.repeatable(DRAFT, add, recover=self._draft_left_behind)["media_id"])

    def submit(self, media_id: str) -> Json:
        """Ask for publication, once: ``publish_id`` and ``msg_data_id`` of the job."""
        is_first = self.steps.begun_at(SUBMIT) is None
        # A token that cannot be had must not look like a submission in doubt.
        self.api.check_token()
        return self.steps.irreversible(SUBMIT, partial(self._submit, media_id, is_first=is_first))

    def _body_picture(self, sha256: str) -> str:
        picture = self.product.medium(sha256)
        stored = self.steps.repeatable(f"image:{sha256[:16]}", partial(self._upload, picture))
        return str(stored["url"])

    def _upload(self, picture: Medium) -> Json:
        return {"url": text_of(self.api.upload("/cgi-bin/media/uploadimg", picture), "url")}

    def _cover(self) -> str:
        picture = self.product.medium(self.product.fields["cover"])
        name = self._cover_step
        stored = self.steps.repeatable(
            name, partial(self._add_material, picture), recover=partial(self._material_left_behind, picture)
        )
        return str(stored["media_id"])

    @property
    def _cover_step(self) -> str:
        return f"cover:{self.product.fields['cover'][:16]}"

    def _add_material(self, picture: Medium) -> Json:
        return {"media_id": text_of(self.api.upload("/cgi-bin/material/add_material?type=image", picture), "media_id")}

    def _material_left_behind(self, picture: Medium) -> Json | None:
        """An earlier upload whose answer was lost, by our file name, which holds the digest of the content."""
        for row in rows(self.api, "/cgi-bin/material/batchget_material", {"type": "image"}):
            if row.get("name") == picture.name and row.get("media_id"):
                return {"media_id": str(row["media_id"])}
        return None

    def _add_draft(self, content: str, cover: str) -> Json:
        fields = self.product.fields
        article = {
            "article_type": "news",
            "title": self.product.title,
            "author": fields["author"],
            "digest": fields["digest"],
            "content": content,
            "content_source_url": self.source_url,
            "thumb_media_id": cover,
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }
        try:
            return {"media_id": text_of(self.api.ask("/cgi-bin/draft/add", {"articles": [article]}), "media_id")}
        except PersonNeeded as error:
            if error.code == str(UNKNOWN_MEDIA) and self._is_fresh(self._cover_step):
                raise ChannelUnavailable(
                    "WeChat does not know the new cover picture yet. It will be tried again.", retry_after_s=10
                ) from None
            raise

    def _draft_left_behind(self) -> Json | None:
        """An earlier draft whose answer was lost: ours by address and title, and not older than our first attempt.

        The age matters: an older draft with the same title may hold an older text.
        """
        begun = self.steps.begun_at(DRAFT)
        if begun is None:
            return None
        row = newest_match(self.api, "/cgi-bin/draft/batchget", self.product.title, self.source_url, since=begun)
        return {"media_id": str(row["media_id"])} if row else None

    def _submit(self, media_id: str, *, is_first: bool) -> Json:
        try:
            answer = self.api.submit("/cgi-bin/freepublish/submit", {"media_id": media_id})
        except PersonNeeded as error:
            if error.code != str(UNKNOWN_MEDIA):
                raise
            if is_first and self._is_fresh(DRAFT):
                raise ChannelUnavailable(
                    "WeChat does not know the new draft yet. It will be tried again.", retry_after_s=10
                ) from None
            raise OutcomeUnknown(
                "WeChat no longer has the draft: it may be published already. It will be looked up.", code=error.code
            ) from None
        return {name: str(answer.get(name, "")) for name in ("publish_id", "msg_data_id")} | {"media_id": media_id}

    def _is_fresh(self, step: str) -> bool:
        begun = self.steps.begun_at(step)
        return begun is not None and datetime.now(UTC) - begun < FRESH
