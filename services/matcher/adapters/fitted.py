"""What `jisr train` fitted: for each embedding model, by its name, one space and one score.

They lie in the hub's own folder (``JISR_MODELS``), or else in the one that comes with Jisr, under
the same names of files. A space is made by `services.matcher.training.space`.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from schemas.values import Identifier
from services.matcher.adapters.shipped import EMBEDDER, MODELS, SCORE_MODEL
from services.matcher.domain import scoring
from services.matcher.domain.model import Vector
from services.matcher.domain.scoring import ScoreModel
from services.matcher.domain.semantic import Centres
from services.matcher.exceptions import FittedRefused

logger = logging.getLogger(__name__)

_VERSION: TypeAdapter[str] = TypeAdapter(Identifier)
_READABLE = 60


@dataclass(frozen=True, slots=True)
class Score:
    """A stored score. ``lacking`` is the embedding model that it stands in for, where none was
    fitted for that.
    """

    model: ScoreModel
    lacking: str | None = None

    def said(self) -> str:
        """Which it is, in words."""
        if self.lacking is None:
            return self.model.version
        return (
            f"{self.model.version}; fitted for {EMBEDDER}, for none was fitted for {self.lacking}"
        )


def score_file(embedder: str | None) -> str:
    """The name of the file with the score for an embedding model; None: by words alone."""
    return "score.json" if embedder in (None, EMBEDDER) else f"score-{_stem(str(embedder))}.json"


def calibration_file(embedder: str) -> str:
    """The name of the file beside it, with how far that score can be believed."""
    return score_file(embedder).replace("score", "calibration", 1)


def space_file(embedder: str) -> str:
    """The name of the file with the space of an embedding model."""
    stem = EMBEDDER.split("/")[-1] if embedder == EMBEDDER else _stem(embedder)
    return f"space-{stem}.npz"


def _stem(embedder: str) -> str:
    """A part of a file's name, of which no two models have the same: whoever lists the folder reads
    the beginning, and the hash tells a/foo from b/foo, and also from a-foo.
    """
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", embedder).strip("-.")[:_READABLE]
    return f"{readable}-{hashlib.sha256(embedder.encode()).hexdigest()[:12]}"


def is_version(text: str) -> bool:
    """Whether a score may be named so: its name travels with each match."""
    try:
        _VERSION.validate_python(text)
    except ValidationError:
        return False
    return True


def opened(own: Path | None) -> Path | None:
    """``own``, the hub's folder of models. Raises FittedRefused where it is none."""
    if own is not None and not own.is_dir():
        raise FittedRefused(
            f"JISR_MODELS={own} is not a folder: `jisr train` makes it, or leave the setting out"
        )
    return own


def score(embedder: str | None, own: Path | None) -> Score:
    """The score for an embedding model (None: by words alone): of the folder ``own``, or shipped;
    where there is neither, the one that is shipped for `EMBEDDER`.

    Raises FittedRefused when what is there cannot be used.
    """
    for folder in _folders(own):
        path = folder / score_file(embedder)
        if path.exists():
            return Score(_score(path))
    return Score(_score(SCORE_MODEL), embedder)


class Scores:
    """The score for each embedding model, as it was when it was asked for first; of the folder
    ``own``, or shipped. Raises FittedRefused where that is no folder.
    """

    def __init__(self, own: Path | None) -> None:
        self._own = opened(own)
        self._known: dict[str | None, Score] = {}

    def of(self, name: str | None) -> Score:
        """The score for the embedding model of this name; the log says where none was fitted.
        Raises FittedRefused when it cannot be used.
        """
        if name not in self._known:
            self._known[name] = found = score(name, self._own)
            if found.lacking is not None:
                logger.warning("score %s: `jisr train` fits one", found.said())
        return self._known[name]


def _score(path: Path) -> ScoreModel:
    try:
        model = scoring.load(path)
        if not is_version(model.version):
            raise ValueError("its version is not an id")
        weights = [value for name, value in asdict(model).items() if name != "version"]
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in weights):
            raise ValueError("a weight is not a number")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FittedRefused(
            f"{path} cannot be used ({error}): fit it again with `jisr train`, or delete it"
        ) from error
    return model


def space(embedder: str, dimension: int, own: Path | None = None) -> Centres:
    """The stored space of an embedding model, of the folder ``own`` or shipped; a bare one where
    no file was made for it. Raises FittedRefused when what is there cannot be used.
    """
    for folder in _folders(own):
        path = folder / space_file(embedder)
        if path.exists():
            return _space(path, embedder, dimension)
    return Centres(embedder, dimension)


def _space(path: Path, embedder: str, dimension: int) -> Centres:
    kinds: dict[str, dict[str, Vector]] = {"queries": {}, "passages": {}, "background": {}}
    try:
        with np.load(path) as stored:
            for key in stored.files:
                kind, _, language = key.partition("_")
                if kind in kinds:
                    kinds[kind][language] = stored[key].astype(np.float32)
            map_ = stored["map"].astype(np.float32)
        if map_.shape != (dimension, dimension):
            raise ValueError(f"made for vectors of {len(map_)} numbers, not {dimension}")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise FittedRefused(
            f"{path} cannot be used ({error}): fit it again with `jisr train --space`, or delete it"
        ) from error
    return Centres(embedder, dimension, **kinds, map=map_)


def _folders(own: Path | None) -> tuple[Path, ...]:
    return (MODELS,) if own is None else (own, MODELS)
