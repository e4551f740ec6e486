"""The settings that a command works with, and the broker, database and hub they lead to."""

from __future__ import annotations

from pydantic import SecretStr

from services.cli.errors import CommandFailed, ExitCode
from services.cli.place import DEMO, RunningHub, running
from services.runtime.settings import Settings

NO_SUCH_KEY = "the key is not valid (`jisr keys create` makes one)"


def silent(address: str, why: object) -> CommandFailed:
    """What to say when nobody answers at ``address``."""
    return CommandFailed(
        f"{address} does not answer ({why}). Start `jisr run` in another terminal, or name the "
        "hub by --url.",
        ExitCode.UNREACHABLE,
    )


def load() -> Settings:
    """The settings, completed by what the hub that runs on the same ``var`` tells, or else the
    demo that serves in it.
    """
    settings = Settings()
    hub = _serving(settings)
    if hub is None:
        return settings
    update: dict[str, object] = {}
    if settings.kafka_bootstrap_servers is None and hub.kafka_bootstrap_servers:
        update["kafka_bootstrap_servers"] = hub.kafka_bootstrap_servers
    if settings.database_url is None and hub.database_url:
        update["database_url"] = SecretStr(hub.database_url)
    return settings.model_copy(update=update)


def with_pages(settings: Settings) -> Settings:
    """``settings`` whose links begin as those in the mails of the hub that runs here, where they
    do not say themselves how its pages are reached.
    """
    if settings.public_url:
        return settings
    hub = _serving(settings)
    told = hub.public_url if hub is not None else ""
    return settings.model_copy(update={"public_url": told or address_of(settings, "notifier")})


def broker_of(settings: Settings) -> str:
    """The broker's address. Raises CommandFailed when nothing leads to one."""
    if not settings.kafka_bootstrap_servers:
        raise CommandFailed(_nowhere("broker", "KAFKA_BOOTSTRAP_SERVERS"), ExitCode.UNREACHABLE)
    return settings.kafka_bootstrap_servers


def database_of(settings: Settings) -> str:
    """The database's address. Raises CommandFailed when nothing leads to one."""
    if not settings.dsn():
        raise CommandFailed(_nowhere("database", "DATABASE_URL"), ExitCode.UNREACHABLE)
    return settings.dsn()


def address_of(settings: Settings, service: str) -> str:
    """The base URL of ``service``: of the hub that runs here, else as the settings say."""
    hub = _serving(settings)
    if hub is not None and service in hub.addresses:
        return hub.addresses[service]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{host}:{settings.port(service)}"


def _serving(settings: Settings) -> RunningHub | None:
    return running(settings.var) or running(settings.var / DEMO)


def _nowhere(what: str, variable: str) -> str:
    return (
        f"No {what} is known. Start `jisr run` in another terminal, or set {variable}, or JISR_VAR "
        "to the folder of a hub that runs."
    )
