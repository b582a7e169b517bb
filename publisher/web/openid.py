"""Signing in where the office's people sign in already: OpenID Connect, code flow with PKCE.

The provider says who somebody is; what they may do is said here. Nobody gets an account or a role by coming from there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import requests
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from channels.errors import CredentialsRefused, Text
from channels.later import later
from publisher.office import OpenIDSection, get_office
from publisher.people import accounts
from publisher.web.signing_in import go_on, provider_name
from publisher.wording import sentence

if TYPE_CHECKING:
    from authlib.integrations import base_client, django_client
    from joserfc import errors as jose
else:
    base_client = later("authlib.integrations.base_client")
    django_client = later("authlib.integrations.django_client")
    jose = later("joserfc.errors")

logger = logging.getLogger(__name__)

LIMIT_S = 10
"""Seconds a provider may take for an answer."""

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures by the provider's own key. ``none`` is no signature, and HS256 one that this program could make too."""

NEXT = "openid next"

OTHER_PROBLEMS = (CredentialsRefused, requests.RequestException, LookupError, RuntimeError, ValueError)


@require_safe
def leave(request: HttpRequest) -> HttpResponseBase:
    """Send somebody to the provider. Raises Http404: the office has none."""
    section = _section()
    address = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = address if is_ours else ""
    try:
        back = request.build_absolute_uri(reverse("login-openid-return"))
        response: HttpResponseBase = _provider(section).authorize_redirect(request, back)
    except _problems() as error:
        return _failed(request, section, error)
    return response


@require_safe
def come_back(request: HttpRequest) -> HttpResponseBase:
    """What the provider says of somebody. Raises Http404: the office has none."""
    section = _section()
    try:
        claims = _claims(request, section)
    except _problems() as error:
        return _failed(request, section, error)
    try:
        user = accounts.by_openid(section.issuer, claims.get("sub", ""), claims.get(section.claim, ""))
    except accounts.NotKnown as error:
        return _refused(request, section, error.text, status=403)
    return go_on(request, user, request.session.pop(NEXT, ""))


def _claims(request: HttpRequest, section: OpenIDSection) -> Mapping[str, Any]:
    provider = _provider(section)
    options = {
        "iss": {"essential": True, "value": provider.server_metadata["issuer"]},
        "aud": {"essential": True, "value": section.client_id},
    }
    token = provider.authorize_access_token(request, claims_options=options)
    claims: dict[str, Any] = dict(token["userinfo"])
    if section.claim not in claims and "userinfo_endpoint" in provider.server_metadata:
        told = provider.userinfo(token=token)
        if told["sub"] != claims["sub"]:
            raise ValueError("the provider speaks of two people")
        claims |= told
    return claims


def _provider(section: OpenIDSection) -> Any:
    """Made anew for each person who comes: its keys and addresses may have changed. Raises one of ``_problems``."""
    provider = django_client.OAuth().register(
        "provider",
        client_id=section.client_id,
        client_secret=section.client_secret.reveal(),
        server_metadata_url=f"{section.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": LIMIT_S},
    )
    metadata = provider.load_server_metadata()
    if str(metadata["issuer"]).rstrip("/") != section.issuer:
        raise ValueError("the provider has another name than the one configured")
    metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
    return provider


def _problems() -> tuple[type[Exception], ...]:
    """What Authlib raises where a provider gives no answer, a wrong one, or none it could have meant."""
    return (base_client.OAuthError, jose.JoseError, *OTHER_PROBLEMS)


def _section() -> OpenIDSection:
    section = get_office().security.oidc
    if section is None:
        raise Http404
    return section


def _failed(request: HttpRequest, section: OpenIDSection, error: Exception) -> HttpResponse:
    """What the error says is for the log: it may quote what the provider sent."""
    logger.error("signing in at %s failed: %s", section.issuer, type(error).__name__)
    text = Text(
        "Signing in at {name} did not work: try again, or sign in with your password.", name=provider_name(section)
    )
    return _refused(request, section, text, status=502)


def _refused(request: HttpRequest, section: OpenIDSection, text: Text, *, status: int) -> HttpResponse:
    values = {"reason": sentence(text), "name": provider_name(section)}
    return render(request, "web/signing_in/openid_refused.html", values, status=status)
