"""How Apache Kafka is set up for one machine: small, quiet when idle, quick to rebalance."""

from __future__ import annotations

from pathlib import Path

from .ports import LOOPBACK

NODE_ID = 1
MIB = 1024 * 1024

# What differs from the defaults, and why. Idle, with 12 topics of 6 partitions, the node takes
# 1.7 % of a core and 160 MB.
SETTINGS: dict[str, str | int] = {
    # Topics are created on purpose, with their partitions, never by a typing error.
    "auto.create.topics.enable": "false",
    # One node: every internal topic has one replica, and few partitions, as each costs files
    # and start-up time.
    "offsets.topic.num.partitions": 4,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 2,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    # Groups form and heal in a second or two rather than ten.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    # Little work, few threads.
    "num.network.threads": 1,
    "num.io.threads": 2,
    "background.threads": 1,
    "num.recovery.threads.per.data.dir": 1,
    "group.coordinator.threads": 1,
    "share.coordinator.threads": 1,
    "log.cleaner.threads": 1,
    "log.cleaner.dedupe.buffer.size": 4 * MIB,  # the default takes 128 MiB of heap
    "log.cleaner.io.buffer.size": 256 * 1024,
    # An idle controller writes a record every 500 ms to prove itself to followers; there are none.
    "metadata.max.idle.interval.ms": 0,
    # After kill -9 the controller takes the dead broker for alive, and turns the new one away,
    # for a whole session.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 1_000,
    "replica.high.watermark.checkpoint.interval.ms": 30_000,
    "metric.reporters": "",
    # Files stay small.
    "log.segment.bytes": 64 * MIB,
    "metadata.log.segment.bytes": 16 * MIB,
    "log.index.size.max.bytes": MIB,
}

JVM_OPTIONS = (
    "-server",
    "-XX:+UseSerialGC",
    "-Xms48m",  # grows when needed; by default it would start with all it may have
    "-XX:TieredStopAtLevel=1",  # half the start-up time; peak speed is not wanted here
    "-XX:-UsePerfData",
    "-XX:ReservedCodeCacheSize=48m",
    "-Xss512k",
    "-Djava.awt.headless=true",
    "-Dlog4j2.disableJmx=true",
)

_LOG4J2 = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


def server_properties(storage: Path, port: int, controller_port: int) -> str:
    """The text of server.properties for one node, broker and controller at once, on loopback.

    ``storage`` is the folder that holds the topics. The text is ASCII.
    """
    places = {
        "node.id": NODE_ID,
        "process.roles": "broker,controller",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        # A static voter, unlike a dynamic one, is not written to disk: the next start may use
        # another port.
        "controller.quorum.voters": f"{NODE_ID}@{LOOPBACK}:{controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": storage,
    }
    return "".join(
        f"{name}={_escaped(str(value))}\n" for name, value in (places | SETTINGS).items()
    )


def log4j2_properties() -> str:
    """The text of log4j2.properties: warnings and worse, to standard output."""
    return _LOG4J2


def _escaped(value: str) -> str:
    """``value`` as Java reads it from a properties file: Latin-1 with backslash escapes."""
    utf16 = value.replace("\\", "\\\\").encode("utf-16-be", errors="surrogatepass")
    units = [int.from_bytes(utf16[at : at + 2], "big") for at in range(0, len(utf16), 2)]
    return "".join(chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in units)
