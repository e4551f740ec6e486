"""Who and what the samples are about. Nobody here exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from services.notifier.domain.directory import Directory, EntryKind, Office
from services.notifier.domain.introductions import Place, VaultCard
from services.notifier.domain.messages import (
    Candidate,
    Need,
    Party,
    Proposal,
    Reason,
    Recipient,
    Supply,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MEMBER, CITY, AMBASSADOR = (
    Party("member", "atlas-data"),
    Party("city", "marrakech"),
    Party("member", "ambre"),
)
OFFERER = Party("member", "regard")
PEOPLE = {MEMBER: "Atlas Data", AMBASSADOR: "Ambre Conseil", OFFERER: "Regard Industriel"}
CARDS: Mapping[Place, VaultCard] = {
    (MEMBER.kind, MEMBER.id): VaultCard("Samira Bennis", "s.bennis@atlas-data.example"),
    (CITY.kind, CITY.id): VaultCard("يوسف العلوي", "eau@cite.example", "+212 5 24 44 70 33"),
}

LEAKS = Need(
    "demand",
    "d-leaks",
    CITY,
    "technology",
    "Trouver les fuites d'eau sous la médina",
    "fr",
    1,
    "Un procédé d'écoute qui localise les fuites du réseau d'eau sans ouvrir les ruelles.",
    "Sous la médina, un tiers de l'eau se perd. Les ruelles ne se creusent pas.\nNous cherchons un "
    "procédé d'écoute ou de corrélation qui localise une fuite à un mètre près, et une équipe qui "
    "forme la nôtre.",
    "marrakech",
    "Régie Eau de la médina",
    "project",
    datetime(2027, 3, 31, 22, 59, tzinfo=UTC),
)
HIVES = Need(
    "demand",
    "d-hives",
    CITY,
    "service",
    "مراقبة خلايا النحل عن بُعد (LoRaWAN)",
    "ar",
    1,
    "نبحث عمّن يزوّد 200 خلية نحل بحسّاسات للوزن والحرارة ترسل قياساتها عبر شبكة LoRaWAN.",
    "",
    "marrakech",
    "تعاونية عسل الأطلس",
    "company",
)
METERS = Need(
    "demand",
    "d-meters",
    CITY,
    "pilot-site",
    "A neighbourhood to try 300 smart water meters in",
    "en",
    1,
    "We look for a landlord or a utility who lets us fit 300 meters for six months.",
    "",
    "marrakech",
    "HydroSense",
    "spin-off",
    datetime(2027, 1, 15, 12, 0, tzinfo=UTC),
)
AXES = Need(
    "interest",
    "city:marrakech",
    CITY,
    "interest",
    "Réseaux d'eau, Internet des objets",
    "fr",
    1,
    city="marrakech",
    niches=("water-networks", "internet-of-things"),
)
PLACES = Need(
    "interest",
    "i-incubation",
    MEMBER,
    "interest",
    "Une place d'incubation pour notre équipe eau",
    "fr",
    1,
)
REASONS = (
    Reason("terms", ("fuites", "réseau d'eau", "écoute"), weight=0.4),
    Reason("niche", id="water", path=("water-networks", "water", "water-quality"), weight=0.25),
    Reason("portfolio", text="Écoute des conduites de Settat", year=2023, weight=0.17),
    Reason("portfolio", text="Sondes de nitrates au Gharb", year=2021, weight=0.08),
    Reason("meaning", weight=0.1),
)
OF_HIVES = (
    Reason("terms", ("LoRaWAN",), weight=0.3),
    Reason("niche", id="internet-of-things", path=("internet-of-things",), weight=0.2),
    Reason("meaning", weight=0.1),
)
CANDIDATES = (
    Candidate("Atlas Data", 1, 0.83, REASONS, "atlas-data"),
    Candidate("Regard Industriel", 2, 0.61, REASONS[4:], "regard"),
    Candidate("مختبر الماء", 3, 0.47, REASONS[1:2], "lab-eau"),
)

NEAREST = (
    Candidate("Capteurs du Souss", 1, 0.34, OF_HIVES, "capteurs"),
    Candidate("Telecom Atlas", 2, 0.29, OF_HIVES[2:], "telecom"),
)
"""Of the hives: not near enough to be asked."""


def proposal(need: Need, match_id: str, reader: Recipient, score: float = 0.83) -> Proposal:
    """The proposal of ``need`` to Atlas Data."""
    supply = Supply("member", MEMBER.id, MEMBER, PEOPLE[MEMBER])
    reasons = OF_HIVES if need is HIVES else REASONS
    return Proposal(match_id, need, supply, reader, "proposed", score, 1, reasons)


def offered(match_id: str, reader: Recipient) -> Proposal:
    """An offer that meets an interest of Atlas Data: places in an incubator."""
    supply = Supply("offer", "o-places", CITY, "Six places à l'incubateur de l'eau")
    return Proposal(match_id, PLACES, supply, reader, "proposed", 0.58, 1, REASONS[1:2])


def directory() -> Directory:
    """The city, the cluster, the niche, and Ambre Conseil as the city's ambassador."""
    known = Directory()
    for kind, name, labels in _LABELS:
        known.call(kind, name, labels, 1, active=True, parent=_ABOVE.get(name))
    known.appoint("mnc", CITY.id, Office(AMBASSADOR.id), 1, active=True)
    return known


_ABOVE = {"water-networks": "water", "water-quality": "water"}
_LABELS: tuple[tuple[EntryKind, str, Mapping[str, str]], ...] = (
    (
        "city",
        "marrakech",
        {
            "fr": "Cité de l'innovation de Marrakech",
            "ar": "مدينة الابتكار بمراكش",
            "en": "Marrakesh Innovation City",
        },
    ),
    (
        "cluster",
        "mnc",
        {
            "fr": "Maroc Numeric Cluster",
            "ar": "المغرب الرقمي كلاستر",
            "en": "Maroc Numeric Cluster",
        },
    ),
    (
        "committee",
        "eau",
        {"fr": "Commission Eau", "ar": "لجنة الماء", "en": "Water committee"},
    ),
    (
        "niche",
        "water-quality",
        {"fr": "Qualité de l'eau", "ar": "جودة المياه", "en": "Water quality"},
    ),
    (
        "niche",
        "water",
        {"fr": "Eau et environnement", "ar": "الماء والبيئة", "en": "Water and environment"},
    ),
    (
        "niche",
        "water-networks",
        {"fr": "Réseaux d'eau", "ar": "شبكات الماء", "en": "Water networks"},
    ),
    (
        "niche",
        "internet-of-things",
        {"fr": "Internet des objets", "ar": "إنترنت الأشياء", "en": "Internet of things"},
    ),
)
