"""Signed tokens for addresses: what they say can be read by anybody, and changed by nobody.

A token is ``<payload>.<mac>``: base64url (RFC 4648, section 5, no padding) of a JSON array, and
HMAC-SHA256 (RFC 2104) of a purpose and the payload's own text, so that no other spelling of the
same bytes verifies, and no token does for another purpose.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from services.notifier.domain.exceptions import ForgedLink

_LONGEST_TOKEN = 2400


def mac(secret: bytes, purpose: bytes, text: str) -> str:
    """The authentication code of ``text`` for ``purpose``."""
    digest = hmac.new(secret, purpose + text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def seal(values: Sequence[str | int], secret: bytes, purpose: bytes) -> str:
    """The token of ``values``: letters, digits, ``-``, ``_`` and one dot."""
    raw = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    payload = urlsafe_b64encode(raw).decode().rstrip("=")
    return f"{payload}.{mac(secret, purpose, payload)}"


def unseal(token: str, secret: bytes, purpose: bytes) -> list[Any]:
    """The values of ``token``. Raises `ForgedLink` when it was not sealed for ``purpose``."""
    payload, dot, code = token.partition(".")
    if not dot or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise ForgedLink
    if not hmac.compare_digest(mac(secret, purpose, payload), code):
        raise ForgedLink
    try:
        values = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError) as error:
        raise ForgedLink from error
    if not isinstance(values, list):
        raise ForgedLink
    return values
