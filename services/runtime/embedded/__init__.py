"""The broker and the database that the hub starts for itself on one machine."""

from .choose import start_broker
from .exceptions import (
    BrokerUnavailable,
    DatabaseUnavailable,
    EmbeddedServerError,
    ServerEnded,
)
from .java import find_java
from .kafka import EmbeddedKafka
from .kafka_jars import fetch_kafka
from .keep import Keeper, keeping
from .postgres import EmbeddedPostgres
from .tansu import EmbeddedTansu

__all__ = [
    "BrokerUnavailable",
    "DatabaseUnavailable",
    "EmbeddedKafka",
    "EmbeddedPostgres",
    "EmbeddedServerError",
    "EmbeddedTansu",
    "Keeper",
    "ServerEnded",
    "fetch_kafka",
    "find_java",
    "keeping",
    "start_broker",
]
