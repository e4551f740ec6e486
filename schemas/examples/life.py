"""What follows from answers, from silence, and from a change of mind."""

from __future__ import annotations

from typing import Any

from schemas.examples.decisions import MATCH, MATCH_ID, NEED, NEED_ID
from schemas.examples.record import Example

_ACCEPTED: dict[str, Any] = {
    **MATCH,
    "state": "accepted",
    "version": 2,
    "changed_at": "2026-03-02T14:05:41Z",
    "answer_by": "2026-03-12T14:05:41Z",
    "accepted_at": "2026-03-02T14:05:41Z",
    "supply_said": {"answer": "accept", "at": "2026-03-02T14:05:40Z"},
    "place": "held",
}

LIFE: dict[str, tuple[Example, ...]] = {
    "jisr.need.changed": (
        Example(
            title="The demand has been proposed in its own cluster",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b01",
            source="/jisr/matcher",
            subject=NEED_ID,
            time="2026-03-02T09:12:05.020Z",
            data={
                "need": NEED,
                "state": "proposed",
                "wave": 1,
                "waves": 3,
                "reach": "own",
                "wanted": 1,
                "introduced": 0,
                "expires_at": "2036-06-30T22:59:59Z",
                "policy_version": "2026-02",
                "version": 1,
                "changed_at": "2026-03-02T09:12:05.020Z",
            },
        ),
    ),
    "jisr.notice.raised": (
        Example(
            title="The member has accepted; the city is asked",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b02",
            source="/jisr/matcher",
            subject=MATCH_ID,
            time="2026-03-02T14:05:41Z",
            data={
                "notice_id": "4f0c1f86-62f7-5a55-9e43-0b8e8f6f2a11",
                "kind": "answer-asked",
                "to": {"kind": "city", "id": "settat"},
                "need": NEED,
                "match": _ACCEPTED,
                "until": "2026-03-12T14:05:41Z",
                "raised_at": "2026-03-02T14:05:41Z",
            },
        ),
        Example(
            title="The ambassador is asked to confirm the candidates",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b03",
            source="/jisr/matcher",
            subject=NEED_ID,
            time="2026-03-02T09:12:05.020Z",
            data={
                "notice_id": "4f0c1f86-62f7-5a55-9e43-0b8e8f6f2a12",
                "kind": "confirmation-asked",
                "to": {"kind": "ambassador", "id": "settat", "cluster": "mnc"},
                "need": NEED,
                "candidates": [
                    {
                        "supply_kind": "member",
                        "supply_id": "atlas-pay",
                        "owner": {"type": "member", "id": "atlas-pay"},
                        "name": "Atlas Pay",
                        "rank": 1,
                        "score": 0.71,
                    }
                ],
                "wave": 1,
                "until": "2026-03-04T09:12:05.020Z",
                "raised_at": "2026-03-02T09:12:05.020Z",
            },
        ),
    ),
    "jisr.question.asked": (
        Example(
            title="A member wants to know more before it answers",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b04",
            source="/jisr/notifier",
            subject=MATCH_ID,
            time="2026-03-02T13:00:00Z",
            data={
                "question_id": "que-01JNCE8D2K",
                "match_id": MATCH_ID,
                "need_id": NEED_ID,
                "by": {"type": "member", "id": "atlas-pay"},
                "text": "Combien de coopératives sont concernées la première année ?",
                "via": "inbox",
                "asked_at": "2026-03-02T13:00:00Z",
            },
        ),
    ),
    "jisr.question.answered": (
        Example(
            title="The city answers what a member wants to know",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b07",
            source="/jisr/notifier",
            subject=MATCH_ID,
            time="2026-03-02T15:20:00Z",
            data={
                "reply_id": "rep-01JNCE8D2K",
                "match_id": MATCH_ID,
                "need_id": NEED_ID,
                "question": {
                    "question_id": "que-01JNCE8D2K",
                    "by": {"type": "member", "id": "atlas-pay"},
                    "text": "Combien de coopératives sont concernées la première année ?",
                },
                "by": {"type": "city", "id": "settat"},
                "text": "Douze la première année, puis une trentaine.",
                "via": "inbox",
                "replied_at": "2026-03-02T15:20:00Z",
            },
        ),
    ),
    "jisr.candidates.confirmed": (
        Example(
            title="The ambassador strikes one candidate and adds another",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b05",
            source="/jisr/notifier",
            subject=NEED_ID,
            time="2026-03-03T08:30:00Z",
            data={
                "confirmation_id": "con-01JNCE8D2K",
                "need_id": NEED_ID,
                "by": {"type": "member", "id": "chaouia-conseil"},
                "wave": 1,
                "struck": ["atlas-pay"],
                "added": ["souss-caisse"],
                "order": ["souss-caisse"],
                "via": "inbox",
                "confirmed_at": "2026-03-03T08:30:00Z",
            },
        ),
    ),
    "jisr.need.extended": (
        Example(
            title="The city wants more time",
            key=NEED_ID,
            id="9a0b52e0-51a5-4a28-bb6e-4b7f6c1f0b06",
            source="/jisr/intake",
            subject=NEED_ID,
            time="2026-08-20T10:00:00Z",
            data={
                "extension_id": "ext-01JNCE8D2K",
                "need_id": NEED_ID,
                "by": {"type": "city", "id": "settat"},
                "via": "api",
                "extended_at": "2026-08-20T10:00:00Z",
            },
        ),
    ),
}
