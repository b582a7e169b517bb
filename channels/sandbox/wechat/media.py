"""Pictures: those for the text of an article, and those of the library.

Source: developers.weixin.qq.com, api_uploadimage, api_addmaterial and api_batchgetmaterial, read 2026-11.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from werkzeug.wrappers import Request

from channels.sandbox.books import Shelf, now
from channels.sandbox.pictures import EXTENSIONS, Picture, extension, picture_format
from channels.sandbox.platform import Json, PlatformError
from channels.sandbox.wechat.account import PICTURE_PATH, Account, read_json

IMAGE_BYTES = 1024 * 1024
MATERIAL_BYTES = 10 * 1024 * 1024
IMAGE_FORMATS = ("JPEG", "PNG")
MATERIAL_FORMATS = ("JPEG", "PNG", "GIF", "BMP")
MATERIAL_TYPES = ("image", "voice", "video", "thumb")
PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class MaterialPage:
    type: str
    offset: int
    count: int


def upload_image(account: Account, request: Request) -> Json:
    """POST /cgi-bin/media/uploadimg: an address for the text of an article, below 1 MB."""
    picture = _receive(account, request, IMAGE_FORMATS)
    if len(picture.content) >= IMAGE_BYTES:
        raise PlatformError(40009)
    _keep(account.image_shelf, picture)
    return {"url": picture.url}


def add_material(account: Account, request: Request) -> Json:
    """POST /cgi-bin/material/add_material?type=image: a permanent picture; the stand-in takes no other type."""
    kind = request.args.get("type", "")
    if kind not in MATERIAL_TYPES:
        raise PlatformError(40004)
    if kind != "image":
        raise PlatformError(48001, f"the stand-in takes pictures only, not {kind}")
    picture = _receive(account, request, MATERIAL_FORMATS)
    if len(picture.content) > MATERIAL_BYTES:
        raise PlatformError(40009)
    _keep(account.material_shelf, picture)
    return {"media_id": picture.key, "url": picture.url, "item": []}


def list_materials(account: Account, request: Request) -> Json:
    """POST /cgi-bin/material/batchget_material: the library, newest first."""
    body = read_json(request, MaterialPage)
    if body.type not in MATERIAL_TYPES:
        raise PlatformError(40004)
    if body.offset < 0 or not 1 <= body.count <= PAGE_SIZE:
        raise PlatformError(40097)
    found = account.materials[::-1] if body.type == "image" else []
    rows = [_row(picture) for picture in found[body.offset : body.offset + body.count]]
    return {"item": rows, "total_count": len(found), "item_count": len(rows)}


def _row(picture: Picture) -> Json:
    return {
        "media_id": picture.key,
        "name": picture.name,
        "update_time": int(picture.created_at.timestamp()),
        "url": picture.url,
    }


def _receive(account: Account, request: Request, formats: tuple[str, ...]) -> Picture:
    """The uploaded picture, checked but for its size.

    Raises PlatformError: 41005 no file part, 44001 empty, 40113 file name ending missing or not that of the content,
    40137 no sound picture, 40005 a format that is not taken here.
    """
    upload = request.files.get("media")
    if upload is None or not upload.filename:
        raise PlatformError(41005)
    content = upload.read()
    if not content:
        raise PlatformError(44001)
    ending = extension(upload.filename)
    if not any(ending in endings for endings in EXTENSIONS.values()):
        raise PlatformError(40113)
    found = picture_format(content)
    if found is None:
        raise PlatformError(40137)
    if found not in formats:
        raise PlatformError(40005)
    if ending not in EXTENSIONS[found]:
        raise PlatformError(40113)
    key = secrets.token_urlsafe(32)
    url = f"{account.url}{PICTURE_PATH}{key}/0?wx_fmt={found.lower()}"
    return Picture(key, upload.filename, found, content, url, now())


def _keep(shelf: Shelf[Picture], picture: Picture) -> None:
    shelf.put(picture.key, picture)
