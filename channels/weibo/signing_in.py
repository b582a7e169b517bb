"""Signing in at the platform: the office's account agrees that the app may post for it.

Source: open.weibo.com/wiki, Oauth2/authorize, OAuth2/access_token and Oauth2/get_token_info, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from channels.base import Grant, Standing
from channels.errors import ChannelUnavailable, CredentialsRefused, Text
from channels.secret import Secret
from channels.weibo.api import Api, Object
from channels.weibo.options import WeiboOptions

AUTHORIZE_PATH = "/oauth2/authorize"
TOKEN_PATH = "/oauth2/access_token"  # noqa: S105 - an address
INFO_PATH = "/oauth2/get_token_info"


class WeiboSignIn:
    """One app and the account that agrees to it. Implements ``channels.base.SignIn``."""

    def __init__(self, options: WeiboOptions, app_secret: Secret) -> None:
        self._options = options
        self._app_secret = app_secret

    @property
    def keeps_as(self) -> str:
        return self._options.access_token.kept_as

    @property
    def redirect_uri(self) -> str:
        return self._options.redirect_uri

    def address(self, state: str) -> str:
        """The page of the platform. Whoever is logged in there with another account can choose: ``forcelogin``."""
        query = {
            "client_id": self._options.app_key,
            "redirect_uri": self._options.redirect_uri,
            "response_type": "code",
            "state": state,
            "forcelogin": "true",
        }
        return f"{self._options.api_base}{AUTHORIZE_PATH}?{urlencode(query)}"

    def refusal(self, answer: Mapping[str, str]) -> Text | None:
        if answer.get("code") and "error" not in answer:
            return None
        if answer.get("error") == "access_denied":
            return Text("The account did not agree, so nothing has changed.")
        return Text(
            "Weibo refuses to sign in (code {number}: {reason}). Check app_key and redirect_uri in the channel's "
            "settings.",
            number=answer.get("error_code", "?")[:20],
            reason=answer.get("error", "?")[:100],
        )

    def redeem(self, code: str) -> Grant:
        api = Api(self._options.api_base, self._app_secret, timeout_s=self._options.timeout_s)
        form = {
            "client_id": self._options.app_key,
            "client_secret": self._app_secret.reveal(),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._options.redirect_uri,
        }
        token = str(api.ask_bare(TOKEN_PATH, form).get("access_token") or "")
        if not token:
            raise ChannelUnavailable("Weibo's answer cannot be read. Nothing was kept: try again.")
        return self._checked(token, api.ask_bare(INFO_PATH, {"access_token": token}))

    def _checked(self, token: str, info: Object) -> Grant:
        """What was given, asked back: it must be for our app, and for the office's own account."""
        account, app_key = str(info.get("uid") or ""), str(info.get("appkey") or "")
        if app_key != self._options.app_key:
            raise CredentialsRefused(
                "The token is for the app {found}, not for {wanted}: check app_key in the channel's settings.",
                found=app_key or "?",
                wanted=self._options.app_key,
            )
        if self._options.uid and account != self._options.uid:
            raise CredentialsRefused(
                "The account {found} has agreed, but the office's account is {wanted}: sign out at Weibo, then sign in "
                "here once more with the right account.",
                found=account or "?",
                wanted=self._options.uid,
            )
        found = standing_of(info)
        return Grant(token, found.account, found.ends_at)


def standing_of(info: Object) -> Standing:
    """What ``get_token_info`` says. Raises ChannelUnavailable: it does not say how long."""
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds_left(info))
    return Standing(ends_at, str(info.get("uid") or ""))


def seconds_left(info: Object) -> int:
    """For how long the token is good, below 1 where it is no longer. Raises ChannelUnavailable: it does not say."""
    left_s = whole_number(info.get("expire_in"))
    if left_s is None:
        raise ChannelUnavailable("Weibo does not say how long the access token lasts. It will be asked again.")
    return left_s


def whole_number(value: Any) -> int | None:
    """A number, or a text of one: the platform writes both."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
