"""The map of the topics: the table of the design (section 3) in code.

The only place where a topic's name stands. Each topic names its key, who writes and reads it,
how it is cleaned, how many partitions it has, and the model of each event type it carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from schemas.delivery import Delivery
from schemas.demand import Demand, DemandSubmission, Withdrawal
from schemas.directory import DirectoryEntry
from schemas.life import NeedChanged, Notice
from schemas.match import Decision, Match
from schemas.member import Member, MemberSubmission
from schemas.offer import Offer, OfferSubmission
from schemas.rejection import Rejection
from schemas.response import AnswerSubmission, Confirmation, Extension, Question, Reply, Response
from schemas.supply import Supply

Service = Literal["intake", "matcher", "notifier", "city-systems", "ops"]
_WEEK_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Topic:
    """One topic. ``retention_ms`` (milliseconds) applies where ``cleanup`` is delete."""

    name: str
    key: str
    purpose: str
    cleanup: Literal["delete", "compact"]
    writers: tuple[Service, ...]
    readers: tuple[Service, ...]
    events: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    partitions: int = 3
    retention_ms: int = _WEEK_MS

    @property
    def dlq(self) -> str:
        """The name of the topic that takes the records which a consumer of this one refuses."""
        return f"{self.name}.dlq"


SUBMISSIONS = Topic(
    "jisr.submissions.v1",
    key="source",
    purpose="Demands, offers, members and answers as city and cluster systems send them.",
    cleanup="delete",
    writers=("city-systems",),
    readers=("intake",),
    events={
        "jisr.demand.submitted": DemandSubmission,
        "jisr.demand.withdrawn": Withdrawal,
        "jisr.offer.submitted": OfferSubmission,
        "jisr.offer.withdrawn": Withdrawal,
        "jisr.member.submitted": MemberSubmission,
        "jisr.response.submitted": AnswerSubmission,
    },
)
REJECTIONS = Topic(
    "jisr.rejections.v1",
    key="source",
    purpose="What intake refused, with a pointer to each fault.",
    cleanup="delete",
    writers=("intake",),
    readers=("city-systems", "ops"),
    events={"jisr.submission.rejected": Rejection},
)
DEMANDS = Topic(
    "jisr.demands.v1",
    key="demand_id",
    purpose="The full state of each demand; the newest version wins.",
    cleanup="compact",
    writers=("intake",),
    readers=("matcher",),
    events={"jisr.demand.changed": Demand},
    partitions=6,
)
OFFERS = Topic(
    "jisr.offers.v1",
    key="offer_id",
    purpose="The full state of each offer; the newest version wins.",
    cleanup="compact",
    writers=("intake",),
    readers=("matcher",),
    events={"jisr.offer.changed": Offer},
)
MEMBERS = Topic(
    "jisr.members.v1",
    key="member_id",
    purpose="The full state of each member, without contact data; the newest version wins.",
    cleanup="compact",
    writers=("intake",),
    readers=("matcher", "notifier"),
    events={"jisr.member.changed": Member},
)
DIRECTORY = Topic(
    "jisr.directory.v1",
    key="entry:id",
    purpose="Cities, clusters, ambassadors, committees and niches.",
    cleanup="compact",
    writers=("intake",),
    readers=("matcher", "notifier"),
    events={"jisr.directory.changed": DirectoryEntry},
    partitions=1,
)
RESPONSES = Topic(
    "jisr.responses.v1",
    key="need id",
    purpose="What members, cities and ambassadors answer, ask and confirm.",
    cleanup="delete",
    writers=("notifier", "intake"),
    readers=("matcher",),
    events={
        "jisr.response.given": Response,
        "jisr.question.asked": Question,
        "jisr.question.answered": Reply,
        "jisr.candidates.confirmed": Confirmation,
        "jisr.need.extended": Extension,
    },
    partitions=6,
)
MATCHES = Topic(
    "jisr.matches.v1",
    key="need id",
    purpose="Each change of a match and of a need, each decision, and what is to be told.",
    cleanup="delete",
    writers=("matcher",),
    readers=("notifier", "intake"),
    events={
        "jisr.match.changed": Match,
        "jisr.need.decided": Decision,
        "jisr.need.changed": NeedChanged,
        "jisr.notice.raised": Notice,
    },
    partitions=6,
)
SUPPLIES = Topic(
    "jisr.supplies.v1",
    key="supply_id",
    purpose="Supplies ready to index; every matcher reads them all.",
    cleanup="compact",
    writers=("matcher",),
    readers=("matcher",),
    events={"jisr.supply.ready": Supply},
)
DELIVERIES = Topic(
    "jisr.deliveries.v1",
    key="recipient_id",
    purpose="The result of each attempt to tell somebody something.",
    cleanup="delete",
    writers=("notifier",),
    readers=("ops",),
    events={"jisr.delivery.attempted": Delivery},
)

TOPICS: tuple[Topic, ...] = (
    SUBMISSIONS,
    REJECTIONS,
    DEMANDS,
    OFFERS,
    MEMBERS,
    DIRECTORY,
    RESPONSES,
    MATCHES,
    SUPPLIES,
    DELIVERIES,
)


def dead_letters() -> tuple[Topic, ...]:
    """One dead-letter topic for each topic that a service consumes; records as they were."""
    services: set[Service] = {"intake", "matcher", "notifier"}
    consumed = (t for t in TOPICS if services & set(t.readers))
    return tuple(
        Topic(
            topic.dlq,
            key="as the record",
            purpose=f"Records of {topic.name} that could not be processed, as they were.",
            cleanup="delete",
            writers=tuple(reader for reader in topic.readers if reader in services),
            readers=("ops",),
            partitions=1,
        )
        for topic in consumed
    )
