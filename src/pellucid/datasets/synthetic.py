"""Small sets made by a formula: what a network can and cannot separate, seen at a glance.

Every function takes a seed and gives the same samples for it, always (see `splits` for why). The two columns
of x are the coordinates in the plane, `noise` is the standard deviation of what is added to each of them.
"""

from __future__ import annotations

import numpy as np

from pellucid.datasets.samples import Samples

GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0), "nand": (1, 1, 1, 0),
         "nor": (1, 0, 0, 0)}                            # for each row of CORNERS
CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


def circles(n: int = 400, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Samples:
    """A circle of radius `factor` (class 1) inside a circle of radius 1 (class 0): no line separates them.

    Shapes:  x (n, 2), y (n,)
    Raises:  ValueError if `factor` is not between 0 and 1, `noise` is negative or n is less than 2.
    """
    _check(n, noise, 2)
    if not 0 < factor < 1:
        raise ValueError(f"circles: factor is {factor}, wants a number between 0 and 1")
    y = _labels(n, 2)
    angle = 2 * np.pi * _steps(y)
    radius = np.where(y == 0, 1.0, factor)
    a, b = radius * np.cos(angle), radius * np.sin(angle)
    return _plane("circles", a, b, y, noise, seed, ("outer", "inner"))


def moons(n: int = 400, noise: float = 0.1, seed: int = 0) -> Samples:
    """Two half circles that reach into each other.

    Shapes:  x (n, 2), y (n,)
    Raises:  ValueError if `noise` is negative or n is less than 2.
    """
    _check(n, noise, 2)
    y = _labels(n, 2)
    angle = np.pi * _steps(y, ends=True)
    upper = y == 0
    a = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    b = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return _plane("moons", a, b, y, noise, seed, ("upper", "lower"))


def spirals(n: int = 400, noise: float = 0.02, n_classes: int = 2, turns: float = 1.5,
            seed: int = 0) -> Samples:
    """Arms that wind around each other `turns` times, one class each, out to a radius of 1.

        radius = t,  angle = 2 pi (turns t + class / n_classes)          for t from 0.1 to 1

    Shapes:  x (n, 2), y (n,)
    Source:  Lang & Witbrock 1988, "Learning to tell two spirals apart", Connectionist Models Summer School.
    Raises:  ValueError if `noise` is negative or n is less than `n_classes`.
    """
    _check(n, noise, n_classes)
    y = _labels(n, n_classes)
    t = 0.1 + 0.9 * _steps(y, ends=True)
    angle = 2 * np.pi * (turns * t + y / n_classes)
    names = tuple(f"arm {i}" for i in range(n_classes))
    return _plane("spirals", t * np.cos(angle), t * np.sin(angle), y, noise, seed, names)


def blobs(n: int = 300, n_classes: int = 3, spread: float = 1.0, n_features: int = 2,
          seed: int = 0) -> Samples:
    """Round clouds of standard deviation `spread` around centres drawn evenly from [-10, 10] on each axis.

    Shapes:  x (n, n_features), y (n,)
    Raises:  ValueError if `spread` is negative or n is less than `n_classes`.
    """
    _check(n, spread, n_classes)
    random = np.random.RandomState(seed)
    y = _labels(n, n_classes)
    centres = random.uniform(-10, 10, (n_classes, n_features))
    x = centres[y] + spread * random.standard_normal((n, n_features))
    order = random.permutation(n)
    return Samples(x[order].astype(np.float32), y[order], tuple(f"blob {i}" for i in range(n_classes)),
                   tuple(f"x{i + 1}" for i in range(n_features)), name="blobs",
                   description=f"{n_classes} round clouds", source="made by a formula")


def truth_table(gate: str) -> Samples:
    """The four rows of a logic gate: "and", "or", "xor", "nand" or "nor".

    Shapes:  x (4, 2), y (4,)
    Raises:  ValueError for an unknown gate.
    >>> truth_table("and").y.tolist()
    [0, 0, 0, 1]
    """
    if gate not in GATES:
        raise ValueError(f"truth_table: gate is {gate!r}, wants one of {', '.join(GATES)}")
    return Samples(CORNERS.copy(), np.array(GATES[gate], np.int64), ("false", "true"), ("a", "b"), name=gate,
                   description=f"the truth table of {gate.upper()}", source="made by a formula")


def xor(n: int = 4, noise: float = 0.0, seed: int = 0) -> Samples:
    """The corners of a square, the diagonal ones in one class: what no single neuron learns.

    Shapes:  x (n, 2), y (n,); the corners in turn, the first four are the truth table
    Source:  Minsky & Papert 1969, "Perceptrons".
    Raises:  ValueError if `noise` is negative or n is less than 4.
    >>> xor().y.tolist()
    [0, 1, 1, 0]
    """
    _check(n, noise, 4)
    corner = np.arange(n) % 4
    x = CORNERS[corner] + noise * np.random.RandomState(seed).standard_normal((n, 2))
    y = np.array(GATES["xor"], np.int64)[corner]
    return Samples(x.astype(np.float32), y, ("false", "true"), ("a", "b"), name="xor",
                   description="exclusive or", source="made by a formula")


def line(n: int = 100, slope: float = 2.0, intercept: float = 1.0, noise: float = 0.1,
         seed: int = 0) -> Samples:
    """Points about a straight line, for regression.

        y = slope x + intercept + noise e          x even on [-1, 1], e normal

    Shapes:  x (n, 1), y (n, 1)
    Raises:  ValueError if `noise` is negative or n is less than 1.
    """
    _check(n, noise, 1)
    random = np.random.RandomState(seed)
    x = random.uniform(-1, 1, (n, 1))
    y = slope * x + intercept + noise * random.standard_normal((n, 1))
    return Samples(x.astype(np.float32), y.astype(np.float32), (), ("x",), name="line",
                   description=f"y = {slope} x + {intercept}", source="made by a formula")


def _labels(n: int, n_classes: int) -> np.ndarray:
    """n labels, class by class, as equal in number as n allows."""
    return np.sort(np.arange(n, dtype=np.int64) % n_classes)


def _steps(y: np.ndarray, ends: bool = False) -> np.ndarray:
    """Within each class equal steps from 0 to 1, with or without the 1."""
    return np.concatenate([np.linspace(0, 1, count, endpoint=ends) for count in np.bincount(y)])


def _plane(name: str, a: np.ndarray, b: np.ndarray, y: np.ndarray, noise: float, seed: int,
           class_names: tuple[str, ...]) -> Samples:
    """Points in the plane, shuffled, with noise."""
    random = np.random.RandomState(seed)
    order = random.permutation(len(y))
    x = np.stack([a, b], axis=1)[order] + noise * random.standard_normal((len(y), 2))
    return Samples(x.astype(np.float32), y[order], class_names, ("x1", "x2"), name=name,
                   description=f"{len(class_names)} {name} in the plane", source="made by a formula")


def sheet(n: int = 2000, dimension: int = 20, intrinsic: int = 3, noise: float = 0.02,
          seed: int = 0) -> Samples:
    """Points in many dimensions that lie on a curved sheet of few: `intrinsic` numbers say where on it.

        x_d = sin(u_d . t + b_d) + noise e        t even on [-1, 1]^intrinsic, u_d normal, b_d even, e normal

    The targets are t. Bent as it is, no plane of as many dimensions lies near the sheet.

    Shapes:  x (n, dimension), y (n, intrinsic)
    Raises:  ValueError if `noise` is negative, n less than 1 or intrinsic not from 1 to dimension.
    """
    if n < 1 or not noise >= 0 or not 1 <= intrinsic <= dimension:
        raise ValueError("sheet: wants n of at least 1, noise of at least 0 and intrinsic from 1 to "
                         f"dimension, got n={n}, noise={noise}, intrinsic={intrinsic}, dimension={dimension}")
    shape, draws = np.random.RandomState(1234), np.random.RandomState(seed)      # one sheet for all seeds
    u = 1.5 * shape.standard_normal((intrinsic, dimension))
    b = shape.uniform(0, 2 * np.pi, dimension)
    t = draws.uniform(-1, 1, (n, intrinsic))
    x = np.sin(t @ u + b) + noise * draws.standard_normal((n, dimension))
    return Samples(x.astype(np.float32), t.astype(np.float32), (), name="sheet",
                   description=f"a curved sheet of {intrinsic} dimensions in {dimension}",
                   source="made by a formula")


def _check(n: int, noise: float, least: int) -> None:
    if n < least:
        raise ValueError(f"n is {n}, wants {least} samples or more")
    if not noise >= 0:
        raise ValueError(f"the noise or spread is {noise}, wants 0 or more")
