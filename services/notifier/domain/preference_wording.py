"""What the page says on which somebody chooses how it is told."""

from __future__ import annotations

from services.notifier.domain.concerns import Concern
from services.notifier.domain.messages import Channel
from services.notifier.domain.phrases import N_
from services.notifier.domain.preferences import Pace

CONCERN_WORDS: dict[Concern, str] = {
    "proposals": N_("Proposals that may fit you"),
    "answers": N_("Somebody waits for your word"),
    "introductions": N_("You are put in touch"),
    "news": N_("How things went"),
    "office": N_("What you are told as ambassador"),
}
PACE_WORDS: dict[Pace, str] = {
    "instant": N_("at once"),
    "daily": N_("once a day"),
    "weekly": N_("once a week"),
}
CHANNEL_WORDS: dict[Channel, str] = {
    "mail": N_("By mail"),
    "webhook": N_("To your systems"),
    "push": N_("By push"),
}
FIELD_WORDS: dict[str, str] = {
    "locale": N_("Language"),
    "channels": N_("What comes, and how soon"),
    "pace": N_("How soon"),
    "instant_score": N_("Send at once from:"),
    "least_score": N_("Do not send below:"),
    "digest_at": N_("Time of the digest"),
    "digest_day": N_("Day of the weekly digest"),
    "quiet_hours": N_("Nothing between these times"),
    "quiet_days": N_("Days without messages"),
    "time_zone": N_("Your time zone"),
    "most_a_day": N_("Most messages a day"),
    "paused_until": N_("Pause: nothing before this day"),
    "muted_cities": N_("Cities whose requests you do not want"),
    "muted_niches": N_("Fields in which you want no requests"),
    "kept_niches": N_("Fields that you keep although what is above them is not wanted"),
}
"""The label of each field of a choice (`choices.FIELDS`)."""
PAUSE_IS_OVER = N_("this moment is over; write one to come, or null for no pause")
PROBLEM_WORDS: dict[str, str] = {
    "digest_at": N_("choose a time of day"),
    "quiet_hours": N_("choose two different times"),
    "paused_until": N_("choose a day that is still to come, or leave it empty"),
}
"""What to do about a field that could not be taken, where a page asks for it in another form than
programs have.
"""
