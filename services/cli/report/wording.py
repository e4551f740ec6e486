"""What the report says, in English, French and Arabic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "fr", "ar"]

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
    "going": "{over} over, {going} going on",
    "none": "–",
    "nothing": "No demand was opened in this time.",
    "accepted-chart": "Accepted, of those who answered or let the time pass",
    "unmatched-chart": "Unmatched, of the demands that were judged",
    "answer-curve": "Demands still without an answer, by days since the first proposal",
    "introduction-curve": "Demands still without an introduction, by days since they were opened",
    "days": "days",
    "half": "Days until half of them: {days} ({going}).",
    "less-than-half": "Less than half so far ({going}).",
    "no-answer": "No demand has an answer yet.",
    "no-introduction": "No demand has an introduction yet.",
    "no-accepted": "Nobody has answered yet, or let the time pass.",
    "no-unmatched": "No demand was judged yet.",
    "reading": "How to read this",
    "largest": "The {shown} with the most demands, of {whole}; the others are folded away below.",
    "others": "All others ({count})",
    "explained": (
        "Unmatched: judged, and handed to the ambassador because nobody is good enough, or nobody "
        "is left.\n"
        "Accepted: of the members and offers asked, those who said yes, of all who answered or let "
        "the time pass; who still has time is not counted.\n"
        "Days: the median over demands. Those that still go on count as taking longer than so far "
        "(Kaplan-Meier), so a median is missing where less than half are surely over.\n"
        "Shares of fewer than 10 are given as counts alone."
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
    "going": "{over} terminées, {going} en cours",
    "none": "–",
    "nothing": "Aucune demande n’a été ouverte dans cette période.",
    "accepted-chart": "Acceptées, parmi celles qui ont eu une réponse ou dont le délai est passé",
    "unmatched-chart": "Sans correspondance, parmi les demandes examinées",
    "answer-curve": "Demandes encore sans réponse, par jours depuis la première proposition",
    "introduction-curve": "Demandes encore sans mise en relation, par jours depuis l’ouverture",
    "days": "jours",
    "half": "Jours jusqu’à la moitié : {days} ({going}).",
    "less-than-half": "Moins de la moitié jusqu’ici ({going}).",
    "no-answer": "Aucune demande n’a encore de réponse.",
    "no-introduction": "Aucune demande n’a encore de mise en relation.",
    "no-accepted": "Personne n’a encore répondu, ni laissé passer le délai.",
    "no-unmatched": "Aucune demande n’a encore été examinée.",
    "reading": "Comment lire ces chiffres",
    "largest": "Les {shown} qui ont le plus de demandes, sur {whole} ; le reste est replié.",
    "others": "Tous les autres ({count})",
    "explained": (
        "Sans correspondance : examinée et remise à l’ambassadeur, parce que personne ne convient "
        "ou qu’il ne reste personne.\n"
        "Acceptées : les membres et offres sollicités qui ont dit oui, parmi tous ceux qui ont "
        "répondu ou laissé passer le délai ; qui a encore le temps n’est pas compté.\n"
        "Jours : la médiane sur les demandes. Celles qui courent encore comptent comme plus "
        "longues que jusqu’ici (Kaplan-Meier) ; la médiane manque donc là où moins de la moitié "
        "est sûrement terminée.\n"
        "Sous 10, seuls les nombres sont donnés."
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
    "going": "انتهت {over}، جارية {going}",
    "none": "–",
    "nothing": "لم يُفتح أي طلب في هذه المدة.",
    "accepted-chart": "المقبولة، من بين من أجاب أو انقضى أجله",
    "unmatched-chart": "بلا مطابقة، من بين الطلبات التي دُرست",
    "answer-curve": "الطلبات التي ما زالت دون رد، حسب الأيام منذ أول اقتراح",
    "introduction-curve": "الطلبات التي ما زالت دون تعارف، حسب الأيام منذ فتحها",
    "days": "أيام",
    "half": "الأيام حتى النصف: {days} ({going}).",
    "less-than-half": "أقل من النصف حتى الآن ({going}).",
    "no-answer": "لم يتلق أي طلب رداً بعد.",
    "no-introduction": "لم يُفض أي طلب إلى تعارف بعد.",
    "no-accepted": "لم يجب أحد بعد، ولم ينقض أجل أحد.",
    "no-unmatched": "لم يُدرس أي طلب بعد.",
    "reading": "كيف تُقرأ هذه الأرقام",
    "largest": "الأكثر طلبات: {shown} من {whole}؛ وما عداها مطويّ أسفله.",
    "others": "كل ما عداها ({count})",
    "explained": (
        "بلا مطابقة: دُرس الطلب وسُلّم إلى السفير لأن لا أحد مناسب بما يكفي، أو لم يبق أحد.\n"
        "قُبلت: من قال نعم من الأعضاء والعروض المعنية، من بين كل من أجاب أو انقضى أجله؛ "
        "ولا يُحسب من لا يزال لديه وقت.\n"
        "الأيام: الوسيط على الطلبات. وما لا يزال جارياً يُحسب أطول مما مضى منه "
        "(كابلان-ماير)، فيغيب الوسيط حيث انتهى أقل من النصف يقيناً.\n"
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
