"""The layers of multilingual-e5-small as a graph for ONNX Runtime (docs/decisions/0010)."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.matcher.adapters.e5_file import Floats, ModelFile, Shape


class Graph:
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
