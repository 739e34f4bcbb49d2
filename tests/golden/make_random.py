"""Write random.json: numbers drawn by PyTorch on the CPU, so that the suite can check the streams without it.

    python tests/golden/make_random.py          (needs torch; written with torch 2.13.0)

Each entry of "streams" is one generator: a seed, then calls in order, each with what it drew. The calls share
the generator, so a call that takes a word too many spoils everything after it.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import torch

SEEDS = [0, 1, -1, 1234, 2**32, 2**40 + 5, 2**63, 2**64 - 1, -(2**63)]
REAL = ["float32", "float64", "float16"]
WHOLE = ["int64", "int32", "int16", "int8", "uint8", "bool"]


def calls() -> list[tuple[str, dict[str, Any]]]:
    """Method names of Generator and their arguments, in the order of drawing."""
    result: list[tuple[str, dict[str, Any]]] = []
    for dtype in REAL:
        for size in (3, 16, 19, 0, 7):
            result.append(("normal", {"shape": [size], "dtype": dtype}))
            result.append(("uniform", {"shape": [size], "dtype": dtype}))
        result += [
            ("uniform", {"shape": [2, 5], "low": -0.25, "high": 0.25, "dtype": dtype}),
            ("uniform", {"shape": [9], "low": 0.1, "high": 0.7, "dtype": dtype}),
            ("normal", {"shape": [5, 7], "mean": 3.0, "std": 0.2, "dtype": dtype}),
            ("exponential", {"shape": [6], "lambd": 2.5, "dtype": dtype}),
            ("log_normal", {"shape": [5], "mean": 0.5, "std": 0.3, "dtype": dtype}),
            ("cauchy", {"shape": [6], "median": 0.5, "sigma": 2.0, "dtype": dtype}),
            ("geometric", {"shape": [6], "p": 0.3, "dtype": dtype}),
            ("bernoulli", {"p": 0.3, "shape": [20], "dtype": dtype}),
            ("random", {"shape": [4], "dtype": dtype}),
        ]
    for dtype in WHOLE:
        result += [("random", {"shape": [5], "dtype": dtype}),
                   ("randint", {"low": 0, "high": 2, "shape": [8], "dtype": dtype})]
    for low, high in ((-3, 40), (0, 2**28 - 1), (0, 2**28), (-(2**63), 2**63 - 1), (0, 2**63 - 1)):
        result.append(("randint", {"low": low, "high": high, "shape": [4], "dtype": "int64"}))
    result += [("permutation", {"n": n}) for n in (0, 1, 2, 30)]
    weights = [[0.1, 0.0, 3.0, 0.7], [1.0, 1.0, 0.5, 0.5]]
    for num_samples, replacement in ((1, False), (2, False), (6, True)):
        result.append(("multinomial", {"probabilities": weights, "num_samples": num_samples,
                                       "replacement": replacement}))
    return result


def draw(name: str, arguments: dict[str, Any], generator: torch.Generator) -> torch.Tensor:
    """What PyTorch draws for a call of the method of that name."""
    a = dict(arguments)
    if name == "permutation":
        return torch.randperm(a["n"], generator=generator)
    if name == "multinomial":
        return torch.multinomial(torch.tensor(a.pop("probabilities")), generator=generator, **a)
    target = torch.empty(a.pop("shape"), dtype=getattr(torch, a.pop("dtype")))
    if name == "randint":
        return target.random_(a["low"], a["high"], generator=generator)
    return getattr(target, name + "_")(*a.values(), generator=generator)


def stream(seed: int) -> dict[str, Any]:
    """Every call in turn, from one seed."""
    generator = torch.Generator().manual_seed(seed)
    drawn = []
    for name, arguments in calls():
        drawn.append([name, arguments, draw(name, arguments, generator).flatten().tolist()])
    return {"seed": seed, "calls": drawn}


def first_values() -> list[list[Any]]:
    """Initialiser, shape, arguments, what it fills in after seed 7."""
    result: list[list[Any]] = []
    for name, arguments in (
            ("uniform_", {"a": -0.3, "b": 0.4}), ("normal_", {"std": 0.02}),
            ("xavier_uniform_", {"gain": 2.0}), ("xavier_normal_", {}),
            ("kaiming_uniform_", {"a": 5**0.5}), ("kaiming_normal_", {"mode": "fan_out"}),
            ("trunc_normal_", {"std": 0.7, "a": -0.9, "b": 1.0}),
            ("trunc_normal_", {"std": 4.0, "a": -1.0, "b": 0.5}),
            ("orthogonal_", {}), ("sparse_", {"sparsity": 0.4})):
        torch.manual_seed(7)
        weight = getattr(torch.nn.init, name)(torch.empty(6, 4), **arguments)
        result.append([name, [6, 4], arguments, weight.flatten().tolist()])
    return result


def dropped() -> list[list[Any]]:
    """Function, shape, probability, what becomes of ones after seed 7."""
    result: list[list[Any]] = []
    for name, shape in (("dropout", [30]), ("alpha_dropout", [4, 5]), ("dropout1d", [8, 3]),
                        ("dropout2d", [3, 5, 1, 2]), ("feature_alpha_dropout", [4, 5, 1])):
        torch.manual_seed(7)
        y = getattr(torch.nn.functional, name)(torch.ones(shape), 0.3, True)
        result.append([name, shape, 0.3, y.flatten().tolist()])
    return result


def states() -> list[list[int]]:
    """Seed, words drawn, checksum of the state: where in its 624 words the twister stands is part of it."""
    result = []
    for seed in SEEDS:
        for words in (0, 1, 623, 624, 625, 1248):
            generator = torch.Generator().manual_seed(seed)
            torch.rand(words, generator=generator)
            result.append([seed, words, zlib.crc32(generator.get_state().numpy().tobytes())])
    return result


def main() -> None:
    torch.set_num_threads(1)
    version = torch.__version__.partition("+")[0]
    golden = {"torch": version, "streams": [stream(0), stream(-5)], "states": states(),
              "init": first_values(), "dropout": dropped()}
    path = Path(__file__).with_name("random.json")
    text = json.dumps(golden, separators=(",", ":"))
    path.write_text(text.replace('[["', '\n[["').replace(',["', ',\n["') + "\n")   # a line for each call
    sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
