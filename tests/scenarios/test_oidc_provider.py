"""The OpenID provider of the tests is a real one: discovery, sign-in by its form, code with PKCE, a signed token."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from oidc_provider import Account, oidc_provider
from typing_extensions import override

ADA = Account(sub="u-1", email="ada@acme.example", name="Ada Byron")
EVE = Account(sub="u-2", email="eve@acme.example", name="Eve", email_verified=False)
CLIENT, SECRET, BACK = "careloop", "a secret of the tests", "http://127.0.0.1:9/accounts/callback/"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider(accounts=[ADA, EVE], client_id=CLIENT, client_secret=SECRET, redirect_uris=[BACK]) as running:
        yield running


class _StopAtTheClient(urllib.request.HTTPRedirectHandler):
    """Follows the provider's redirects; the one back to the client is the answer."""

    @override
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        return None if newurl.startswith(BACK) else super().redirect_request(req, fp, code, msg, headers, newurl)


class _Reader:
    """A browser without a screen: cookies, redirects, forms."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _StopAtTheClient())

    def visit(self, url: str, form: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Status, the address arrived at or sent to, and the text."""
        body = urlencode(form).encode() if form is not None else None
        try:
            with self._opener.open(url, body, timeout=30) as answer:
                return answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers.get("location") or url, answer.read().decode()


def _json(url: str, *, form: Mapping[str, str] | None = None, authorization: str = "") -> dict[str, Any]:
    body = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, body, {"authorization": authorization} if authorization else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = json.load(answer)
    assert isinstance(told, dict)
    return told


def _discovered(issuer: str) -> dict[str, Any]:
    return _json(f"{issuer}/.well-known/openid-configuration")


def _asked(issuer: str, **changes: str) -> str:
    """The address at which a client asks for someone to be signed in."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    wanted = {
        "client_id": CLIENT, "response_type": "code", "redirect_uri": BACK, "scope": "openid email profile",
        "state": "s-1", "nonce": "n-1", "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    asked = {name: value for name, value in (wanted | changes).items() if value}
    return f"{_discovered(issuer)['authorization_endpoint']}?{urlencode(asked)}"


def _signed_in(issuer: str, email: str) -> dict[str, list[str]]:
    """What the provider sends the client after someone filled in the form."""
    reader = _Reader()
    status, form, text = reader.visit(_asked(issuer))
    assert status == 200
    assert '<form method="post">' in text
    _status, back, _text = reader.visit(urljoin(form, ""), {"email": email})
    assert back.startswith(BACK), back
    return parse_qs(urlsplit(back).query)


def _tokens(issuer: str, code: str, *, verifier: str = VERIFIER) -> dict[str, Any]:
    basic = base64.b64encode(f"{CLIENT}:{urlencode({'': SECRET})[1:]}".encode()).decode()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}
    return _json(_discovered(issuer)["token_endpoint"], form=form, authorization=f"Basic {basic}")


def _plain(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _verified(issuer: str, token: str) -> dict[str, Any]:
    """The claims of an ID token whose signature is by the provider's published key."""
    head, body, signature = token.split(".")
    key = next(
        row for row in _json(_discovered(issuer)["jwks_uri"])["keys"] if row["kid"] == json.loads(_plain(head))["kid"]
    )
    public = RSAPublicNumbers(*(int.from_bytes(_plain(key[name])) for name in ("e", "n"))).public_key()
    public.verify(_plain(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    claims = json.loads(_plain(body))
    assert isinstance(claims, dict)
    return claims


def test_someone_signs_in_with_a_code_and_pkce(issuer: str) -> None:
    sent = _signed_in(issuer, ADA.email)
    assert sent["state"] == ["s-1"]
    tokens = _tokens(issuer, sent["code"][0])
    claims = _verified(issuer, tokens["id_token"])
    expected = {"iss": issuer, "aud": CLIENT, "nonce": "n-1", "sub": "u-1", "email": ADA.email, "name": ADA.name}
    assert {name: claims[name] for name in expected} == expected
    told = _json(_discovered(issuer)["userinfo_endpoint"], authorization=f"Bearer {tokens['access_token']}")
    assert told == {"sub": "u-1", "email": ADA.email, "email_verified": True, "name": ADA.name}


def test_an_address_that_is_not_verified_is_said_to_be_so(issuer: str) -> None:
    claims = _verified(issuer, _tokens(issuer, _signed_in(issuer, EVE.email)["code"][0])["id_token"])
    assert claims["email_verified"] is False


def test_a_code_is_worth_nothing_to_one_without_its_verifier(issuer: str) -> None:
    code = _signed_in(issuer, ADA.email)["code"][0]
    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        _tokens(issuer, code, verifier=VERIFIER[::-1])
    refused.value.close()


def test_a_request_without_pkce_is_refused(issuer: str) -> None:
    _status, back, _text = _Reader().visit(_asked(issuer, code_challenge="", code_challenge_method=""))
    assert parse_qs(urlsplit(back).query)["error"] == ["invalid_request"]


def test_a_stranger_stays_outside_and_a_refusal_reaches_the_client(issuer: str) -> None:
    reader = _Reader()
    _status, form, _text = reader.visit(_asked(issuer))
    status, _url, text = reader.visit(form, {"email": "mallory@acme.example"})
    assert (status, "Nobody has this address." in text) == (403, True)
    _status, back, _text = reader.visit(form, {"refuse": "yes"})
    assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]
