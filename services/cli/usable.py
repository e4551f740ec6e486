"""What settings say beyond their types, judged before anything is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from services.runtime.settings import Settings


def require_usable(settings: Settings) -> None:
    """Raise CommandFailed where JISR_DEFAULT_PREFERENCES is none that the notifier can use."""
    from services.notifier.domain.choices import BadPreferences, read

    try:
        read(settings.default_preferences)
    except BadPreferences as error:
        raise CommandFailed(
            f"A setting is wrong. JISR_DEFAULT_PREFERENCES: {error}.", ExitCode.USAGE
        ) from error
