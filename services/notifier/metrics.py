"""Every metric of the notifier."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# What events called for, by kind of message and what became of it: told, own (nobody is alerted
# about its own item), undeliverable (a note for a city without an ambassador).
PLANNED = Counter("jisr_notifier_planned_total", "Messages planned", ["message", "outcome"])
# Attempts to send a mail, by result: delivered, retrying, failed.
ATTEMPTS = Counter("jisr_notifier_attempts_total", "Attempts to send", ["result"])
# Mails that wait to be sent or sent again; it grows when the mail server is away.
WAITING = Gauge("jisr_notifier_deliveries_waiting", "Mails not yet sent")
# Age of the oldest of them, in seconds: the first thing to alert on.
OLDEST_WAITING = Gauge("jisr_notifier_oldest_waiting_seconds", "Age of the oldest waiting mail")
# From the claim of a delivery to its recorded result, in seconds: the mail server's share.
SEND_SECONDS = Histogram("jisr_notifier_send_seconds", "Time to send and record one mail")
# What was said on inbox pages: accept, decline, withdraw, question, outcome, extend, confirm; late
# (answered before, or no longer open).
ANSWERS = Counter("jisr_notifier_answers_total", "Answers on inbox pages", ["answer"])
# Inbox pages that are open and hear of changes.
VIEWERS = Gauge("jisr_notifier_viewers", "Inbox pages that listen for changes")
# Uses of the address in a mail that ends mails of its kind: ended, again.
UNSUBSCRIBED = Counter("jisr_notifier_unsubscribed_total", "Mails ended by their link", ["what"])
# Inbox pages opened, by what the link was: good, expired, forged.
VISITS = Counter("jisr_notifier_visits_total", "Inbox pages opened", ["link"])
# Attempts to send to endpoints, by channel (webhook, push) and result: delivered, retrying, failed.
HOOKS = Counter("jisr_notifier_hooks_total", "Attempts at endpoints", ["channel", "result"])
# From the beginning of an attempt at an endpoint to its answer, in seconds: the receivers' share.
HOOK_SECONDS = Histogram("jisr_notifier_hook_seconds", "Time of an attempt", ["channel"])
# Endpoints switched off, by why: gone (410), failing (five days).
ENDPOINTS_OFF = Counter("jisr_notifier_endpoints_off_total", "Endpoints switched off", ["because"])
# From nothing to one is no increase to an alerting rule (ops/alerts.yml), from zero to one is.
for _because in ("gone", "failing"):
    ENDPOINTS_OFF.labels(_because)
# What the gate held back at the moment of sending: held (not now: quiet hours, a digest, enough for
# today, a pause), lost (another mail tells it).
PASSED = Counter("jisr_notifier_held_total", "Sendings held back", ["what"])
# Changes of preferences, by where they were made: page, api.
CHOICES = Counter("jisr_notifier_choices_total", "Changes of preferences", ["door"])
