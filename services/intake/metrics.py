"""Intake's own metrics; those that every service has are in ``runtime/telemetry.py``."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

# What became of submissions: taken, unchanged, outdated, nottheirs, missing, unfit.
SUBMISSIONS = Counter("jisr_intake_submissions_total", "Submissions judged", ["kind", "verdict"])
# Refusals by reason (the problem's name) and door (http, kafka): a sender in trouble shows here.
REFUSED = Counter("jisr_intake_refused_total", "Submissions refused", ["door", "problem"])
# From the first byte of a request's head to the end of its answer, in seconds.
REQUEST_SECONDS = Histogram(
    "jisr_intake_request_seconds", "Time of a request", ["method", "route", "status"]
)
# Answers, questions, confirmations and extensions taken: accepted, or unchanged when repeated.
ANSWERS = Counter("jisr_intake_answers_total", "What people said, taken", ["kind", "verdict"])
# Languages named by the classifier because the sender did not.
DETECTED = Counter("jisr_intake_detected_languages_total", "Languages detected", ["language"])
