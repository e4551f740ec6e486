"""How a command ends: one clear sentence, and an exit code that scripts can rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the number says that a command leaves behind."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    DIFFERENT = 4
    REFUSED = 5
    INTERRUPTED = 130


MEANING = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "it failed; the reason stands on standard error",
    ExitCode.USAGE: "a wrong option, argument or setting",
    ExitCode.UNREACHABLE: "the broker, the database or the hub does not answer",
    ExitCode.DIFFERENT: "a check found a difference",
    ExitCode.REFUSED: "the hub refused some of what was sent",
    ExitCode.INTERRUPTED: "interrupted before everything had ended in order",
}


class CommandFailed(Exception):
    """A command cannot do its work; the message is what the user reads."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.code = code


def sentence(error: BaseException) -> tuple[str, ExitCode]:
    """What to say about ``error``, and the code to end with."""
    # Imported here: `jisr --help` needs none of it.
    from pydantic import ValidationError

    from services.runtime.embedded import EmbeddedServerError
    from services.runtime.exceptions import (
        BrokerUnreachable,
        DatabaseUnreachable,
        HubError,
        Interrupted,
    )

    match error:
        case CommandFailed():
            return str(error), error.code
        case KeyboardInterrupt() | Interrupted():
            return "Interrupted.", ExitCode.INTERRUPTED
        case BrokerUnreachable() | DatabaseUnreachable():
            return f"{error}.", ExitCode.UNREACHABLE
        case HubError() | EmbeddedServerError():
            return f"{error}".rstrip(".") + ".", ExitCode.FAILED
        case ValidationError():
            return _wrong_settings(error), ExitCode.USAGE
        case OSError():
            return f"{error}.", ExitCode.FAILED
    return (
        f"Unexpected {type(error).__name__}: {error}. `jisr --debug ...` shows where.",
        ExitCode.FAILED,
    )


def _wrong_settings(error: object) -> str:
    from pydantic import ValidationError

    from services.runtime.settings import Settings, environment_name

    assert isinstance(error, ValidationError)
    parts = []
    for item in error.errors(include_url=False):
        if not item["loc"]:
            # About several settings together, passwords among them: the message names them.
            parts.append(item["msg"].removeprefix("Value error, "))
            continue
        field = str(item["loc"][0])
        name = environment_name(field) if field in Settings.model_fields else field
        parts.append(f"{name}={item['input']!r}: {item['msg']}")
    return "A setting is wrong. " + "; ".join(parts) + "."
