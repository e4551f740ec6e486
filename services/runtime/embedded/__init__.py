"""The broker and the database that the hub starts for itself on one machine."""

from .choose import start_broker
from .exceptions import BrokerUnavailable, DatabaseUnavailable, EmbeddedServerError
from .java import find_java
from .kafka import EmbeddedKafka
from .kafka_jars import fetch_kafka
from .postgres import EmbeddedPostgres
from .tansu import EmbeddedTansu

__all__ = [
    "BrokerUnavailable",
    "DatabaseUnavailable",
    "EmbeddedKafka",
    "EmbeddedPostgres",
    "EmbeddedServerError",
    "EmbeddedTansu",
    "fetch_kafka",
    "find_java",
    "start_broker",
]
