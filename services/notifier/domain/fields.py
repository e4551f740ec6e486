"""How the fields of two sides go together, in words: as near as they are, and no nearer."""

from __future__ import annotations

from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale, Reason
from services.notifier.domain.phrases import N_, Phrase

_SIBLINGS = 3  # niches on the way from one to the other

_KNOWN = {
    "untold": N_("A field in common: %(wider)s"),
    "same": N_("The same field: %(wider)s"),
    "within": N_("A field within “%(wider)s”: %(narrower)s"),
    "siblings": N_("Close fields: “%(asked)s” and “%(offered)s”, both within “%(wider)s”"),
    "apart": N_("Fields of one area, “%(wider)s”: “%(asked)s” and “%(offered)s”"),
}
_INFERRED = {
    "untold": N_("Probably a field in common (the request names none): %(wider)s"),
    "same": N_("Probably the same field (the request names none): %(wider)s"),
    "within": N_("Probably a field within “%(wider)s” (the request names none): %(narrower)s"),
    "siblings": N_(
        "Probably close fields (the request names none): “%(asked)s” and “%(offered)s”, both "
        "within “%(wider)s”"
    ),
    "apart": N_(
        "Probably fields of one area, “%(wider)s” (the request names none): “%(asked)s” and "
        "“%(offered)s”"
    ),
}


def in_common(reason: Reason, directory: Directory, locale: Locale) -> Phrase:
    """What a ``niche`` reason says: one field, one within the other, or two below a third."""

    def label(niche: str) -> str:
        return directory.label("niche", niche, locale)

    wider, path = str(reason.id), reason.path
    how = _how(wider, path)
    values = {"wider": label(wider)}
    if how == "within":
        values["narrower"] = label(path[0] if path[0] != wider else path[-1])
    elif how in ("siblings", "apart"):
        values |= {"asked": label(path[0]), "offered": label(path[-1])}
    return Phrase((_INFERRED if reason.inferred else _KNOWN)[how], values)


def _how(wider: str, path: tuple[str, ...]) -> str:
    """``untold``: older versions of the hub told only what both have in common."""
    if wider not in path:
        return "untold"
    if len(path) == 1:
        return "same"
    if wider in (path[0], path[-1]):
        return "within"
    return "siblings" if len(path) == _SIBLINGS else "apart"
