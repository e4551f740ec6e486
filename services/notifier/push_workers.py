"""The workers that send pushes, composed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from services.notifier.adapters.postgres_store import Store
from services.notifier.adapters.push_threads import Threads
from services.notifier.adapters.push_trials import Trial, Trials
from services.notifier.adapters.pushes import PushPost, PushServices
from services.notifier.adapters.voice import Voice, voices
from services.notifier.domain.directory import Directory
from services.notifier.domain.messages import Locale
from services.notifier.handlers.dispatch import Dispatcher
from services.notifier.use_cases.ports import Claimed
from services.notifier.use_cases.send import alone, deliver
from services.runtime.settings import Settings

AT_ONCE, OF_LANE = 32, 4
"""Pushes under way at once, and of them to one service."""


def utc_now() -> datetime:
    """The clock of the workers."""
    return datetime.now(UTC)


def pushes(
    settings: Settings,
    store: Store,
    directory: Directory | None = None,
    spoken: dict[Locale, Voice] | None = None,
    patience_s: float = 30.0,
    clock: Callable[[], datetime] = utc_now,
) -> tuple[Dispatcher[Claimed], Dispatcher[Trial]]:
    """What sends pushes by the same gate as mails, and what tries endpoints; in slots and threads
    of their own. ``patience_s``: seconds that a push may take.
    """
    services = PushServices(settings.push_schemes())
    voice, threads = spoken or voices(), Threads(OF_LANE)
    directory = Directory() if directory is None else directory
    post = PushPost(voice, directory, services, threads, patience_s)
    within = alone(store.transaction)
    send = partial(
        deliver,
        post=post,
        within=within,
        clock=clock,
        random=random.random,
        tree=directory.parents,
    )
    lease_s, trials = settings.mail_lease_s, Trials(store.database, post, voice, clock)
    claim = partial(store.claim_pushes, of_lane=OF_LANE)
    return (
        Dispatcher(store, claim, send, slots=AT_ONCE, of_lane=OF_LANE, lease_s=lease_s),
        Dispatcher(store, trials.claim, trials.send, lease_s=lease_s),
    )
