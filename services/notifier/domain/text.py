"""Handling text of several scripts: one line, excerpts, direction, isolation.

Bidirectional text follows Unicode Standard Annex #9: what runs the other way than the
sentence around it is wrapped in FSI ... PDI (UAX #9, section 2.4.2), so that neither reorders
the other.
"""

from __future__ import annotations

import unicodedata

FSI = "\u2068"
PDI = "\u2069"
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "sd", "ug", "yi", "dv"})
_BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def direction(language: str) -> str:
    """``rtl`` or ``ltr``, by the primary subtag of a BCP 47 tag."""
    return "rtl" if language.split("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def one_line(text: str) -> str:
    """``text`` without line ends, control characters and bidi controls; blanks collapsed.

    What comes out can stand in a mail header: no character of it ends a line (RFC 5322, 2.2).
    """
    flat = " ".join(text.split())
    if flat.isprintable():  # most are: nothing of the kind is in them
        return flat
    kept = (
        " " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c
        for c in flat
        if c not in _BIDI_CONTROLS
    )
    return " ".join("".join(kept).split())


def sorted_as(text: str) -> str:
    """``text`` as it is put in order among others: without case, accents and vowel signs."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def excerpt(text: str, limit: int) -> str:
    """The beginning of ``text``, at most ``limit`` characters, cut between words with "…"."""
    flat = one_line(text)
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    blank = cut.rfind(" ")
    return (cut[:blank] if blank > limit // 2 else cut).rstrip(" ,;:.،؛") + "…"


def isolate(text: str, language: str) -> str:
    """``text`` fit to stand in a plain-text sentence of ``language``.

    From right to left, several numbers in a row change places too ("+212 5 24": UAX #9, W4-N1).
    """
    kinds = {unicodedata.bidirectional(c) for c in text}
    if direction(language) == "rtl":
        runs_otherwise = "L" in kinds or ("EN" in kinds and not kinds <= {"EN"})
    else:
        runs_otherwise = not kinds.isdisjoint({"R", "AL"})
    return f"{FSI}{text}{PDI}" if runs_otherwise else text
