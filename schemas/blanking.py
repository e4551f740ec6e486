"""Blanks e-mail addresses and telephone numbers in what somebody writes (design, I6).

What is written on a page, or sent with an answer, travels in a topic and is read by others before
both sides have accepted. `without_contacts` finds, whatever the script of the digits (Unicode Nd:
Western, Arabic-Indic, Persian, full-width) and whatever invisible characters stand between:

- addresses ``name@host``, also with blanks around the sign, with ``(at)``, ``[at]``, ``{at}``,
  ``(آت)`` or ``arobase`` for it, with ``dot``, ``point`` or ``نقطة`` (in brackets or not) for the
  dot, and ``name at host dot tld``;
- runs of 8 digits or more with blanks, dots, dashes, slashes or brackets between, which are what
  national and international numbers look like (ITU-T E.164: at most 15 digits).

It leaves dates, spans of years, and amounts with a currency after them. It does not find numbers
in words ("zero six ..."), letters in the place of digits, or names on other services.
"""

from __future__ import annotations

import re
import unicodedata

BLANK = "[…]"

_IN_NAME = r"[^\s@<>()\[\]{},;:\"'«»،؛]"
# From its first character on: a search that began anew at each one would be quadratic.
_NAME = rf"(?<!{_IN_NAME}){_IN_NAME}+"
_AT = r"(?:\s*@\s*|\s*[(\[{]\s*(?:at|arobase|arobas|@|آت|ات)\s*[)\]}]\s*|\s+(?:arobase|arobas)\s+)"
_DOT = r"(?:\.|\s*[(\[{]\s*(?:dot|point|\.|نقطة)\s*[)\]}]\s*|\s+(?:dot|point|نقطة)\s+)"
_HOST = rf"[\w-]+(?:{_DOT}[\w-]+)*"
_ADDRESS = re.compile(
    rf"{_NAME}{_AT}{_HOST}|{_NAME}\s+at\s+[\w-]+(?:\s+(?:dot|point)\s+[\w-]+)+|{_NAME}@\S*|@\S+",
    re.IGNORECASE,
)
_BETWEEN = r"[\s.\-–—‑−_()\[\]/\\·•*|+,:'\u200c\u200d]"
_NUMBER = re.compile(rf"[+(]?\d(?:{_BETWEEN}{{0,3}}\d){{7,}}")
_DATE = re.compile(
    r"(?:(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:19|20)\d\d"
    r"|(?:19|20)\d\d\s*[-–—/]\s*(?:19|20)\d\d)"
)
_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:[\s.,']\d{3})+|[1-9]\d{7,14}")
_CURRENCY = re.compile(r"\s*(?:MAD|DHS?|dirhams?|EUR|euros?|€|USD|dollars?|\$|درهم|دراهم)", re.I)


def without_contacts(text: str) -> str:
    """``text`` with `BLANK` where an address or a number stood; twice is the same as once."""
    return _NUMBER.sub(_blank_number, _ADDRESS.sub(BLANK, _visible(text)))


def _visible(text: str) -> str:
    """``text`` without invisible characters and with compatibility forms made plain (＠, ０)."""
    kept = "".join(
        unicodedata.normalize("NFKC", c) if "\uff00" <= c <= "\uffef" or c == "﹫" else c
        for c in text
        if unicodedata.category(c) != "Cf" or c in "\u200c\u200d"
    )
    # Joiners shape Arabic and Persian words; between other characters they only hide.
    return re.sub(r"(?<![^\W\d_a-zA-Z])[\u200c\u200d]+|[\u200c\u200d]+(?![^\W\d_a-zA-Z])", "", kept)


def _blank_number(found: re.Match[str]) -> str:
    number = _western(found[0])
    if _DATE.fullmatch(number):
        return found[0]
    if _AMOUNT.fullmatch(number) and _CURRENCY.match(found.string, found.end()):
        return found[0]
    return BLANK


def _western(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
