"""Codes and vectors: a VAE's posterior that equals its prior, and embeddings that are all the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .figures import alike
from .losses import losses_in
from .recording import VIEWS, Call, Graph

ACTIVE = 0.01                                                    # nats; Burda et al. 2016 count such units


def codes_of(graph: Graph, before: list[np.ndarray]) -> list[np.ndarray]:
    """`before`, and the divergence of each dimension of a code from the prior, where the graph draws a code.

        z = mean + deviation * noise
        d = (mean^2 + deviation^2 - 1) / 2 - ln deviation        averaged over the samples
    Found by its form: a sum of something and a product whose other factor is a constant of about unit size.
    """
    for call in graph:
        if call.op != "add" or np.ndim(call.y) < 2:
            continue
        for i in (0, 1):
            product = graph.source(call, i)
            if product is None or product.op != "mul" or graph.source(call, 1 - i) is None:
                continue
            found = drawn(product)
            if found is not None and found[0].shape == call.y.shape:
                noise, deviation = found
                mean = call.y - deviation * noise
                nats = (mean ** 2 + deviation ** 2 - 1) / 2 - np.log(np.maximum(deviation, 1e-12))
                return [*before[-24:], nats.reshape(-1, nats.shape[-1]).mean(0)]
    return before


def drawn(product: Call) -> tuple[np.ndarray, np.ndarray] | None:
    """(noise, deviation) of a product of a constant that looks normal and of something positive."""
    for i in (0, 1):
        noise, deviation = product.arrays[i], product.arrays[1 - i]
        if product.edges[i] is None and product.edges[1 - i] is not None and isinstance(noise, np.ndarray) \
                and isinstance(deviation,
                               np.ndarray) and noise.shape == deviation.shape and noise.size >= 16 \
                and abs(noise.mean()) < 4 / noise.size ** 0.5 and (noise < 0).any() and deviation.min() > 0 \
                and len(np.unique(noise)) > 0.9 * noise.size:
            return noise, deviation
    return None


def embeddings_of(graph: Graph, step: int) -> Iterator[tuple]:
    """(step, how alike the vectors are, how alike the inputs, layer, line) of outputs that are no answers."""
    answers = {loss.given.number for loss in losses_in(graph) if loss.given is not None}
    for module, inputs, output in graph.outputs:
        node = output._node
        made = graph.by_number.get(getattr(node, "number", -1))
        y = output._data
        if made is None or y.ndim != 2 or len(y) < 8 or y.shape[1] < 2 or not np.isfinite(y).all():
            continue
        while made is not None and made.op in VIEWS:
            made = graph.source(made, 0)
        if made is None or made.number in answers:
            continue
        x = next((part._data for part in inputs if hasattr(part, "_data") and part._data.dtype.kind == "f"),
                 None)
        given = alike(x) if x is not None and len(x) == len(y) else 0.0
        yield step, alike(y), given, type(module).__name__, made.line
