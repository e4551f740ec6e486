"""What city and cluster systems send, and what they hear when it cannot be taken."""

from __future__ import annotations

from schemas.examples.decisions import MATCH_ID
from schemas.examples.record import Example

SUBMITTED: dict[str, tuple[Example, ...]] = {
    "jisr.demand.submitted": (
        Example(
            title="A spin-off in Settat looks for a payment partner",
            key="settat-city",
            id="2f1d3f0e-6f0b-4a57-9a55-3f2f4c1f6b10",
            source="settat-city",
            subject="SET-2026-014",
            time="2026-03-02T09:12:04Z",
            data={
                "external_id": "SET-2026-014",
                "city": "settat",
                "structure": {"name": "Zraâ Market", "kind": "spin-off"},
                "kind": "service",
                "title": "Paiement mobile sécurisé pour une place de marché agricole",
                "summary": "Encaisser les coopératives par téléphone, sans terminal.",
                "description": (
                    "Notre place de marché relie 120 coopératives à des acheteurs. Nous cherchons "
                    "un partenaire qui intègre le paiement mobile et la lutte contre la fraude, "
                    "et qui forme notre équipe de trois personnes."
                ),
                "language": "fr",
                "niches": ["electronic-payment-security", "mobile-services"],
                "keywords": ["paiement mobile", "lutte contre la fraude"],
                "partner": {"kinds": ["company", "startup"], "certifications": ["PCI DSS"]},
                "reach": "national",
                "wanted": 1,
                "deadline": "2036-06-30T23:59:59+01:00",
                "version": 1,
                "contact": {"name": "Salma Idrissi", "email": "salma@zraa-market.example"},
            },
        ),
        Example(
            title="The same kind of need, written in Arabic",
            key="oujda-city",
            id="oujda-2026-03-02-0007",
            source="oujda-city",
            subject="OUJ-77",
            time="2026-03-02T10:40:00Z",
            data={
                "external_id": "OUJ-77",
                "city": "oujda",
                "structure": {"name": "مختبر المواد", "kind": "laboratory"},
                "kind": "expertise",
                "title": "خبير في تأمين نظم المعلومات لمختبر جامعي",
            },
        ),
    ),
    "jisr.demand.withdrawn": (
        Example(
            title="A city takes a demand back",
            key="oujda-city",
            id="oujda-2026-03-09-0002",
            source="oujda-city",
            subject="OUJ-77",
            time="2026-03-09T08:00:00Z",
            data={"external_id": "OUJ-77", "reason": "وجدنا خبيرا داخل الجامعة"},
        ),
    ),
    "jisr.offer.submitted": (
        Example(
            title="Places in the incubator of Marrakech",
            key="marrakech-city",
            id="mrk-offer-5-1",
            source="marrakech-city",
            subject="MRK-OFF-5",
            time="2026-03-01T15:30:00Z",
            data={
                "external_id": "MRK-OFF-5",
                "owner": {"type": "city", "id": "marrakech"},
                "city": "marrakech",
                "structure": {"name": "Incubateur de Marrakech", "kind": "incubator"},
                "kind": "incubation",
                "title": "Six places d'incubation pour l'eau et l'énergie",
                "description": "Douze mois, un laboratoire partagé, un mentor par projet.",
                "niches": ["packaged-software"],
                "capacity": 6,
                "deadline": "2036-04-15T18:00:00Z",
                "contact": {"email": "incubateur@marrakech.example"},
            },
        ),
    ),
    "jisr.offer.withdrawn": (
        Example(
            title="The places are taken",
            key="marrakech-city",
            id="mrk-offer-5-2",
            source="marrakech-city",
            subject="MRK-OFF-5",
            time="2026-04-02T15:30:00Z",
            data={"external_id": "MRK-OFF-5", "reason": "Promotion complète"},
        ),
    ),
    "jisr.member.submitted": (
        Example(
            title="A member describes itself and its past work",
            key="maroc-numeric-cluster",
            id="mnc-member-31-4",
            source="maroc-numeric-cluster",
            subject="atlas-pay",
            time="2026-02-20T11:00:00Z",
            data={
                "member_id": "atlas-pay",
                "cluster": "maroc-numeric-cluster",
                "name": "Atlas Pay",
                "kind": "company",
                "description": "Payment by telephone for merchants without a terminal.",
                "portfolio": [
                    {
                        "title": "Encaissement mobile pour 40 coopératives du Souss",
                        "text": "Intégration du paiement et détection de la fraude en neuf mois.",
                        "year": 2024,
                    }
                ],
                "interests": ["A pilot site for offline payments"],
                "niches": ["electronic-payment-security"],
                "languages": ["fr", "ar"],
                "certifications": ["PCI DSS"],
                "capacity": 2,
                "preferences": {"locale": "fr", "channels": ["inbox", "mail"]},
                "fictional": True,
                "contact": {"name": "Youssef Amrani", "email": "contact@atlas-pay.example"},
            },
        ),
    ),
    "jisr.response.submitted": (
        Example(
            title="The city accepts the member that accepted it",
            key="settat-city",
            id="2f1d3f0e-6f0b-4a57-9a55-3f2f4c1f6b17",
            source="settat-city",
            subject=MATCH_ID,
            time="2026-03-02T16:20:00Z",
            data={"match_id": MATCH_ID, "match_version": 2, "answer": "accept"},
        ),
        Example(
            title="A cluster's system says no for its member",
            key="mnc",
            id="2f1d3f0e-6f0b-4a57-9a55-3f2f4c1f6b18",
            source="mnc",
            subject=MATCH_ID,
            time="2026-03-02T16:21:00Z",
            data={
                "match_id": MATCH_ID,
                "by": {"type": "member", "id": "atlas-pay"},
                "answer": "decline",
                "reason": "too-busy",
                "text": "Pas avant septembre.",
            },
        ),
    ),
    "jisr.submission.rejected": (
        Example(
            title="A demand without a title, of a kind that does not exist",
            key="fes-city",
            id="b0d8cf25-77c0-4bb4-9a0f-5d1a1f0c8a3e",
            source="/jisr/intake",
            subject="fes-city",
            time="2026-03-02T09:12:05Z",
            data={
                "source": "fes-city",
                "event_id": "fes-00981",
                "event_type": "jisr.demand.submitted",
                "external_id": "FES-981",
                "title": "The submission has 2 faults.",
                "problems": [
                    {"pointer": "/title", "code": "missing", "detail": "Field required"},
                    {
                        "pointer": "/kind",
                        "code": "enum",
                        "detail": "Input should be 'technology', 'service' or another kind",
                    },
                ],
                "topic": "jisr.submissions.v1",
                "partition": 2,
                "offset": 48113,
                "rejected_at": "2026-03-02T09:12:05Z",
            },
        ),
    ),
}
