"""A small real provider of OpenID Connect on loopback, strict with its clients, and able to misbehave on request."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "publisher", "a secret the provider gave us, of 32 letters or more"


@dataclass
class Person:
    """Who is signed in at the provider, and so comes back from it."""

    subject: str = "8f2e-42"
    claims: dict[str, Any] = field(default_factory=lambda: {"preferred_username": "lina"})


@dataclass
class Misbehaviour:
    """What the provider does wrong. ``claims`` change those of the token, None takes one away."""

    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    foreign_key: bool = False
    no_token: bool = False
    issuer: str = ""
    denies: bool = False
    userinfo: dict[str, Any] | None = None


class Provider:
    """Use it as a context; ``url`` is the issuer."""

    def __init__(self) -> None:
        self.person = Person()
        self.wrong = Misbehaviour()
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Go away; once more does no harm."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @cached_property
    def key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"kid": "1"})

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.wrong.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        if self.wrong.denies:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def tokens(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """None where the client has not shown what it must, or the code was used already."""
        asked = self.codes.pop(sent.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {expected}" or sent["redirect_uri"] != asked["redirect_uri"]:
            return None
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        tokens: dict[str, Any] = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        if not self.wrong.no_token:
            tokens["id_token"] = self._id_token(asked["nonce"])
        return tokens

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "sub": self.person.subject, "aud": CLIENT, "exp": now + 60, "iat": now}
        claims |= {"nonce": nonce} | self.person.claims | self.wrong.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.wrong.algorithm == "none":
            return f"{_part({'alg': 'none'})}.{_part(claims)}."
        if self.wrong.algorithm == "HS256":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        key = RSAKey.generate_key(2048, {"kid": "1"}) if self.wrong.foreign_key else self.key
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            provider.asked.append(address.path)
            if address.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
                return
            answers = {
                "/.well-known/openid-configuration": provider.metadata,
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
                "/userinfo": lambda: provider.wrong.userinfo,
            }
            self._answer(answers[address.path]())

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            sent = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            tokens = provider.tokens(sent, self.headers.get("Authorization", ""))
            self._answer(tokens or {"error": "invalid_grant"}, status=200 if tokens else 400)

        def _answer(self, document: Any, *, status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nothing: the tests say what happened."""

    return Handler
