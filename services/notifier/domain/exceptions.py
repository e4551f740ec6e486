"""What can be wrong with a visit to an inbox; an exception's docstring is its message."""

from __future__ import annotations


class InboxProblem(Exception):
    """The inbox cannot do this"""


class ForgedLink(InboxProblem):
    """This link was not made by the hub, or it is damaged"""


class LinkExpired(InboxProblem):
    """This link has expired, or a newer one replaced it"""


class ForeignForm(InboxProblem):
    """This form was not sent from the inbox page"""


class UnknownEntry(InboxProblem):
    """There is no such proposal in this inbox"""


class UnknownEndpoint(InboxProblem):
    """There is no such endpoint"""


class WholeInboxOnly(InboxProblem):
    """This link opens one demand or offer alone; endpoints belong to the link of a whole inbox"""


class MissingToken(InboxProblem):
    """Send "Authorization: Bearer <token of the link>": the part of an inbox link after /inbox/"""


class BadAnswer(InboxProblem):
    """A decline needs a reason"""


class IncompleteForm(InboxProblem):
    """Something is missing in this form, or cannot be read"""


class UnknownMember(InboxProblem):
    """One of those who were added is no member that the hub knows"""


class AlreadyAnswered(InboxProblem):
    """This proposal was answered before; the first answer stands"""


class ProposalClosed(InboxProblem):
    """This proposal is no longer open"""
