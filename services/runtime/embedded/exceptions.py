"""What can go wrong when the hub starts its own broker and database.

Each docstring is the pattern of the message.
"""


class EmbeddedServerError(Exception):
    """{server} did not start: {what was seen}. {what to do}"""


class BrokerUnavailable(EmbeddedServerError):
    """No {broker} can be started on this machine: {what was tried}. {what to do}"""


class ServerEnded(EmbeddedServerError):
    """{server}, which this hub started, has ended (exit {code}). {what to do}"""


class DatabaseUnavailable(EmbeddedServerError):
    """PostgreSQL cannot be started in {folder}: {what was seen}. {what to do}"""
