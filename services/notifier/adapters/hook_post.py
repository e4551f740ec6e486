"""Sends webhooks, signed by the Standard Webhooks specification 1.0, to addresses of strangers.

What comes back is a status and no more: redirects are not followed (they could lead anywhere), a
body is read only as far as it helps to use the connection again, and no word of it is kept. What is
written down of a failure names no host and no address: it travels on ``jisr.deliveries.v1`` (I6).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
from standardwebhooks import Webhook
from yarl import URL

from services.notifier.domain.attempts import without_addresses
from services.notifier.domain.webhooks import Answered, HookOutcome, Unreachable, retry_after
from services.notifier.use_cases.hooks import HookClaim
from services.runtime.egress.connecting import ForbiddenAddress, guarded_session
from services.runtime.egress.targets import Egress

AGENT = "Jisr-Webhooks/1"
_LONGEST_ANSWER = 64 * 1024
_ANSWER_S = 1.0


def signed(claim: HookClaim, now: datetime) -> dict[str, str]:
    """The headers of ``claim`` sent at ``now``: one signature for each of its secrets."""
    identifier, body = str(claim.delivery_id), claim.body
    moment = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(identifier, moment, body) for secret in claim.secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


class WebhookPost:
    """See `use_cases.hooks.HookPost`. ``connections``: open at once; more wait for nothing, as
    whoever calls has as many slots.
    """

    def __init__(
        self, egress: Egress, timeout_s: float, connections: int, clock: Callable[[], datetime]
    ) -> None:
        self._egress, self._timeout_s, self._connections = egress, timeout_s, connections
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, claim: HookClaim) -> HookOutcome:
        """One POST. Never raises for what a receiver says or does."""
        if self._session is None:
            self._session = guarded_session(self._egress, self._timeout_s, self._connections, AGENT)
        try:
            async with self._session.post(
                URL(claim.url or "", encoded=True),
                data=claim.body.encode(),
                headers=signed(claim, self._clock()),
                allow_redirects=False,
            ) as response:
                outcome = self._answer(response)
                await _drain(response)
                return outcome
        except TimeoutError:
            return Unreachable(f"no answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Unreachable(why(error))

    def _answer(self, response: aiohttp.ClientResponse) -> Answered:
        asked = retry_after(response.headers.get("Retry-After"), self._clock())
        return Answered(response.status, without_addresses(response.reason or "")[:80], asked)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read a short answer, so that its connection serves again; what is long or slow ends it."""
    if response.content.at_eof():
        return
    left = _LONGEST_ANSWER
    try:
        async with asyncio.timeout(_ANSWER_S):
            while left > 0 and (chunk := await response.content.readany()):
                left -= len(chunk)
    except (TimeoutError, aiohttp.ClientError, OSError):
        left = 0
    if left <= 0:
        response.close()


def why(error: BaseException) -> str:
    """What went wrong, in words that name no host."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the name cannot be resolved"
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "")
            return f"the certificate is not valid: {without_addresses(reason)}".rstrip(": ")
        case aiohttp.ClientConnectorSSLError():
            return "no secure connection"
        case aiohttp.ClientConnectorError():
            return _connection(error.os_error)
        case aiohttp.ServerDisconnectedError():
            return "the connection ended before an answer"
        case aiohttp.ClientPayloadError() | aiohttp.ClientResponseError():
            return "the answer cannot be read"
        case aiohttp.InvalidURL():
            return "the address cannot be read"
        case OSError():
            return _connection(error)
    return type(error).__name__


def _connection(error: OSError) -> str:
    # The text of asyncio's errors names the address; the number's own does not.
    if isinstance(error, ForbiddenAddress):
        return str(error.strerror)
    return os.strerror(error.errno) if error.errno else "no connection"
