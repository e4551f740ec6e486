"""What the report says, in English, French and Arabic, and how it writes counts and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.cli.report.measures import NO_NICHE, Row, Waits

Language = Literal["en", "fr", "ar"]
FEW = 10
"""Of fewer than this no percentage is written: 1 of 3 is not 33 %."""

_EN = {
    "title": "How the hub's matching does",
    "period": "Demands opened from {since} to {until} (UTC), as they stood on {now}.",
    "whole": "All demands",
    "city": "By city",
    "kind": "By kind of demand",
    "niche": "By niche",
    "niche-note": "A demand counts in each niche that it names.",
    "no-niche": "(names none)",
    "name": "group",
    "demands": "demands",
    "unmatched": "unmatched",
    "proposals": "proposals",
    "accepted": "accepted",
    "declined": "declined",
    "silent": "silent",
    "waiting": "waiting",
    "introduced": "introductions",
    "first-answer": "days to first answer",
    "introduction": "days to introduction",
    "of": "{part} of {whole}",
    "percent": "{share} %",
    "median": "{days} ({over} over, {going} going on)",
    "no-median": "– ({over} over, {going} going on)",
    "none": "–",
    "nothing": "No demand was opened in this time.",
    "accepted-chart": "Accepted, of those who answered or let the time pass",
    "unmatched-chart": "Unmatched, of the demands that were judged",
    "answer-curve": "Demands still without an answer, by days since the first proposal",
    "introduction-curve": "Demands still without an introduction, by days since they were opened",
    "days": "days",
    "largest": "The {shown} with the most demands, of {whole}; the table has all.",
    "explained": (
        "Unmatched: judged, and handed to the ambassador because nobody is good enough, or nobody "
        "is left. Accepted: of the members and offers asked, those who said yes, of all who "
        "answered or let the time pass; who still has time is not counted. Days: the median over "
        "demands; those that still go on count as taking longer than so far (Kaplan-Meier), so a "
        "median is missing where less than half are surely over. Shares of fewer than 10 are "
        "given as counts alone."
    ),
}
_FR = {
    "title": "Les mises en relation du hub en chiffres",
    "period": "Demandes ouvertes du {since} au {until} (UTC), en l’état du {now}.",
    "whole": "Toutes les demandes",
    "city": "Par cité",
    "kind": "Par type de demande",
    "niche": "Par niche",
    "niche-note": "Une demande compte dans chaque niche qu’elle nomme.",
    "no-niche": "(aucune nommée)",
    "name": "groupe",
    "demands": "demandes",
    "unmatched": "sans correspondance",
    "proposals": "propositions",
    "accepted": "acceptées",
    "declined": "refusées",
    "silent": "sans suite",
    "waiting": "en attente",
    "introduced": "mises en relation",
    "first-answer": "jours jusqu’à la première réponse",
    "introduction": "jours jusqu’à la mise en relation",
    "of": "{part} sur {whole}",
    "percent": "{share} %",
    "median": "{days} ({over} terminées, {going} en cours)",
    "no-median": "– ({over} terminées, {going} en cours)",
    "none": "–",
    "nothing": "Aucune demande n’a été ouverte dans cette période.",
    "accepted-chart": "Acceptées, parmi celles qui ont eu une réponse ou dont le délai est passé",
    "unmatched-chart": "Sans correspondance, parmi les demandes examinées",
    "answer-curve": "Demandes encore sans réponse, par jours depuis la première proposition",
    "introduction-curve": "Demandes encore sans mise en relation, par jours depuis l’ouverture",
    "days": "jours",
    "largest": "Les {shown} qui ont le plus de demandes, sur {whole} ; le tableau les a toutes.",
    "explained": (
        "Sans correspondance : examinée et remise à l’ambassadeur, parce que personne ne "
        "convient ou qu’il ne reste personne. Acceptées : les membres et offres sollicités qui "
        "ont dit oui, "
        "parmi tous ceux qui ont répondu ou laissé passer le délai ; qui a encore le temps "
        "n’est pas compté. Jours : la médiane sur les demandes ; celles qui courent encore "
        "comptent comme plus longues que jusqu’ici (Kaplan-Meier) ; la médiane manque donc là où "
        "moins de la moitié est sûrement terminée. Sous 10, seuls les nombres sont donnés."
    ),
}
_AR = {
    "title": "مطابقات المركز بالأرقام",
    "period": "الطلبات المفتوحة من {since} إلى {until} (بالتوقيت العالمي)، كما كانت في {now}.",
    "whole": "كل الطلبات",
    "city": "حسب المدينة",
    "kind": "حسب نوع الطلب",
    "niche": "حسب المجال",
    "niche-note": "يُحسب الطلب في كل مجال يذكره.",
    "no-niche": "(لا يذكر أي مجال)",
    "name": "المجموعة",
    "demands": "الطلبات",
    "unmatched": "بلا مطابقة",
    "proposals": "الاقتراحات",
    "accepted": "قُبلت",
    "declined": "رُفضت",
    "silent": "بقيت دون رد",
    "waiting": "قيد الانتظار",
    "introduced": "عمليات التعارف",
    "first-answer": "أيام حتى أول رد",
    "introduction": "أيام حتى التعارف",
    "of": "{part} من {whole}",
    "percent": "{share} %",
    "median": "{days} (انتهت {over}، جارية {going})",
    "no-median": "– (انتهت {over}، جارية {going})",
    "none": "–",
    "nothing": "لم يُفتح أي طلب في هذه المدة.",
    "accepted-chart": "المقبولة، من بين من أجاب أو انقضى أجله",
    "unmatched-chart": "بلا مطابقة، من بين الطلبات التي دُرست",
    "answer-curve": "الطلبات التي ما زالت دون رد، حسب الأيام منذ أول اقتراح",
    "introduction-curve": "الطلبات التي ما زالت دون تعارف، حسب الأيام منذ فتحها",
    "days": "أيام",
    "largest": "الأكثر طلبات: {shown} من {whole}؛ والجدول يضمها كلها.",
    "explained": (
        "بلا مطابقة: دُرس الطلب وسُلّم إلى السفير لأن لا أحد مناسب بما يكفي، أو لم يبق أحد. "
        "قُبلت: من قال نعم من الأعضاء والعروض المعنية، من بين كل من أجاب أو انقضى أجله؛ "
        "ولا يُحسب من لا يزال لديه وقت. الأيام: الوسيط على الطلبات؛ وما لا يزال جارياً "
        "يُحسب أطول مما مضى منه (كابلان-ماير)، فيغيب الوسيط حيث انتهى أقل من النصف يقيناً. "
        "وما دون 10 يُعطى عدداً لا نسبة."
    ),
}
WORDS: Mapping[Language, Mapping[str, str]] = {"en": _EN, "fr": _FR, "ar": _AR}

KINDS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "fr": {
        "technology": "technologie",
        "research-partnership": "partenariat de recherche",
        "service": "service",
        "incubation": "incubation",
        "expertise": "expertise",
        "pilot-site": "site pilote",
    },
    "ar": {
        "technology": "تكنولوجيا",
        "research-partnership": "شراكة بحثية",
        "service": "خدمة",
        "incubation": "احتضان",
        "expertise": "خبرة",
        "pilot-site": "موقع تجريبي",
    },
}
COLUMNS = (
    "demands",
    "unmatched",
    "proposals",
    "accepted",
    "declined",
    "silent",
    "waiting",
    "introduced",
    "first-answer",
    "introduction",
)


@dataclass(frozen=True)
class Voice:
    """Says it in ``language``; ``names`` of cities and niches by (grouping, id)."""

    language: Language
    names: Mapping[tuple[str, str], str]

    def __call__(self, key: str, **values: object) -> str:
        """The words of ``key``."""
        return WORDS[self.language][key].format(**values)

    def name(self, grouping: str, row: str) -> str:
        """What a row is called."""
        if grouping == "niche" and row == NO_NICHE:
            return self("no-niche")
        if grouping == "kind":
            return KINDS[self.language].get(row, row)
        return self.names.get((grouping, row), row)

    def share(self, part: int, whole: int) -> str:
        """``part`` of ``whole``, with a percentage where that says something."""
        if not whole:
            return self("none")
        told = self("of", part=part, whole=whole)
        if whole < FEW:
            return told
        return f"{told} ({self('percent', share=round(100 * part / whole))})"

    def waits(self, waits: Waits) -> str:
        """The median, with how many are over and how many are not."""
        if not waits.over + waits.going_on:
            return self("none")
        if waits.median is None:
            return self("no-median", over=waits.over, going=waits.going_on)
        days = f"{waits.median:.1f}"
        return self("median", days=days, over=waits.over, going=waits.going_on)

    def cells(self, row: Row) -> list[str]:
        """What stands in the columns of ``COLUMNS``."""
        return [
            str(row.demands),
            self.share(row.unmatched, row.decided),
            str(row.proposals),
            self.share(row.answers["accepted"], row.due),
            *(str(row.answers[one]) for one in ("declined", "silent", "waiting")),
            str(row.introduced),
            self.waits(row.first_answer),
            self.waits(row.introduction),
        ]


def names(directory: Iterable[Mapping[str, Any]], language: Language) -> dict[tuple[str, str], str]:
    """What the directory calls cities and niches, in ``language`` or else in any."""
    found = {}
    for entry in directory:
        labels: Mapping[str, str] | None = {
            "city": entry.get("names"),
            "niche": entry.get("labels"),
        }.get(str(entry["entry"]))
        if labels:
            spare: Sequence[str] = list(labels.values())
            found[str(entry["entry"]), str(entry["id"])] = labels.get(language, spare[0])
    return found
