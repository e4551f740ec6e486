"""The catalogues of ``locales/``: gettext PO files, read as they are when the service starts.

``locales/babel.cfg`` says how a new text gets into them.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from services.notifier.domain.messages import Locale

FOLDER = Path(__file__).parent.parent / "locales"


def path_of(locale: Locale) -> Path:
    """Where the catalogue of ``locale`` is."""
    return FOLDER / locale / "LC_MESSAGES" / "jisr.po"


def read_catalogue(locale: Locale) -> Catalog:
    """The catalogue as written by its translators. Raises on a file that is no valid PO."""
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale, domain="jisr", abort_invalid=True)


def translations(locale: Locale) -> Translations:
    """The catalogue as gettext uses it; nothing is compiled to disk."""
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(locale))
    compiled.seek(0)
    return Translations(compiled, domain="jisr")
