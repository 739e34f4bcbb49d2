"""Compute a trace's steps again from its JSON alone, to see that it says what happened."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from pellucid import Tensor
from pellucid.op import REGISTRY
from pellucid.tensor import wrap


class Retold:
    """A trace read back from text."""

    def __init__(self, trace: Any) -> None:
        self.told = json.loads(json.dumps(trace.to_json(budget=None), allow_nan=False))
        self.steps, self.values = self.told["steps"], self.told["values"]

    def array(self, number: int) -> np.ndarray:
        """The numbers of a value."""
        value = self.values[number]
        assert value["data"] is not None, f"the numbers of {value['name']} are missing"
        if value["coding"]:
            flat = np.frombuffer(base64.b64decode(value["data"]), "<" + value["coding"])
        else:
            flat = np.array([complex(x["text"]) if isinstance(x, dict) else
                             float(x) if isinstance(x, str) else x for x in value["data"]])
        return flat.astype(value["dtype"]).reshape(value["shape"])

    def inputs(self, step: dict) -> list:
        """The inputs of a forward step: arrays and constants."""
        return [self.array(i["value"]) if "value" in i else constant(i["constant"]) for i in step["inputs"]]

    def forward(self, step: dict) -> list[np.ndarray]:
        """The outputs of a forward step, computed from its inputs."""
        y = REGISTRY[step["op"]].body(*self.inputs(step), **self.params(step))[0]
        return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]

    def params(self, step: dict) -> dict:
        return {key: constant(value) for key, value in step["params"].items()}

    def backward(self, step: dict) -> list[np.ndarray | None]:
        """The gradients of a backward step, computed from what arrived and what its forward step had."""
        forward = self.steps[step["of"]]
        inputs: list[Any] = self.inputs(forward)
        leaves = [None if number is None else wrap(np.array(value)).requires_grad_()
                  for number, value in zip(step["gradients"], inputs, strict=False)]
        leaves += [None] * (len(inputs) - len(leaves))
        given = [(wrap(np.array(value)) if isinstance(value, np.ndarray) else value) if leaf is None else leaf
                 for leaf, value in zip(leaves, inputs, strict=True)]
        y = REGISTRY[step["op"]].call(*given, **self.params(forward))
        total: Any = 0.0
        for out, number in zip(y if isinstance(y, tuple) else (y,), step["g"], strict=True):
            if out.requires_grad:
                total = total + (out * wrap(np.array(self.array(number)))).sum()
        total.backward()
        return [None if leaf is None else leaf.grad._data for leaf in leaves]

    def check(self) -> int:
        """Compute every step again; return how many were checked."""
        checked = 0
        for step in self.steps:
            if step["op"] not in REGISTRY or step["op"] == "overwrite":
                continue
            if step["phase"] == "forward":
                wanted, found = [self.array(i) for i in step["outputs"]], self.forward(step)
            elif step["phase"] == "backward" and step["of"] is not None:
                wanted = [None if i is None else self.array(i) for i in step["gradients"]]
                found = self.backward(step)
            else:
                continue
            for a, b in zip(wanted, found, strict=False):
                if a is not None:
                    np.testing.assert_allclose(b, a, 2e-4, 2e-6, err_msg=f"{step['phase']} of {step['op']}")
            checked += 1
        return checked


def constant(told: Any) -> Any:
    """A constant from its JSON."""
    if isinstance(told, list):
        return [constant(part) for part in told]
    if isinstance(told, str) and told in ("nan", "inf", "-inf"):
        return float(told)
    if not isinstance(told, dict):
        return told
    (kind, value), = told.items()
    made = {"tuple": lambda: tuple(constant(part) for part in value), "slice": lambda: slice(*value),
            "dtype": lambda: np.dtype(value), "ellipsis": lambda: Ellipsis,
            "array": lambda: np.array(value["data"], value["dtype"]).reshape(value["shape"])}
    if kind not in made:
        raise ValueError(f"cannot be read back: {told}")
    return made[kind]()


def tensors(values: Any) -> list[Tensor]:
    """The tensors among values."""
    return [value for value in values if isinstance(value, Tensor)]
