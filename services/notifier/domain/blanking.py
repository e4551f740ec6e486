"""What somebody writes on a page is blanked as everywhere: `schemas.blanking`."""

from schemas.blanking import BLANK, without_contacts

__all__ = ["BLANK", "without_contacts"]
