"""Sources of random numbers: a seed, a state, and PyTorch's streams drawn from them.

After `manual_seed(s)` the numbers are those that PyTorch draws on the CPU after its `manual_seed(s)`; see
`streams` and `choices` for the recipes. Every random function takes `generator=`;
without it they share `default_generator`.
"""

from __future__ import annotations

import contextlib
import operator
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dtypes import on_cpu
from ..tensor import Tensor, wrap
from .choices import Choices
from .streams import DrawError

# PyTorch's own layout of the state, 5056 bytes: the two can continue each other's streams.
STATE = np.dtype([("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"),
                  ("words", "<u8", 624), ("unused", "<f8"), ("normal", "<f8"), ("unused2", "<f8"),
                  ("has_normal", "<i4"), ("padding", "V12")])
FIRST_SEED = 67280421310721                                      # of an unseeded Generator, as in PyTorch


class Generator(Choices):
    """A stream of random numbers of its own.

    >>> Generator().manual_seed(0).uniform(3)
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)

    Source:  Matsumoto & Nishimura 1998, "Mersenne Twister", ACM TOMACS 8(1): MT19937, seeded the classic way.
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = on_cpu(device)
        self._bits = np.random.MT19937(0)
        self._legacy = np.random.RandomState(self._bits)         # shares _bits; seeds it the classic way
        self.manual_seed(FIRST_SEED)

    def __repr__(self) -> str:
        return f"Generator(initial_seed={self._seed})"

    def __reduce__(self) -> tuple:                               # copies and pickles go on from this state
        return _continued, (self.get_state()._data,)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of this seed from its beginning. The lowest 32 bits of the seed choose the stream.

        Raises:  TypeError for anything but an integer, ValueError outside [-2^63, 2^64).
        """
        if isinstance(seed, bool):
            raise TypeError("manual_seed: seed must be an integer, got a bool")
        try:
            seed = operator.index(seed)
        except TypeError:
            raise TypeError(f"manual_seed: seed must be an integer, got {type(seed).__name__}") from None
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError(f"manual_seed: seed must lie in [-2^63, 2^64), got {seed}")
        self._seed = seed % (1 << 64)                            # -1 means 2^64 - 1
        self._legacy.seed(self._seed % (1 << 32))
        self._spare = None
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy; returns the seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    def get_state(self) -> Tensor:
        """Everything that decides the numbers to come, as a tensor of 5056 bytes (uint8), PyTorch's own."""
        words, used = _mersenne_state(self._legacy)
        state = np.zeros((), STATE)
        state["seed"], state["seeded"], state["words"] = self._seed, 1, words
        state["left"] = 625 - used                               # 1: the next draw makes the next 624 words
        start = np.random.RandomState(self._seed % (1 << 32))
        fresh = used == 624 and np.array_equal(words, _mersenne_state(start)[0])
        state["next"] = 0 if fresh else used                     # a fresh seed and a full turn differ here
        if self._spare is not None:
            state["normal"], state["has_normal"] = self._spare, 1
        return wrap(np.frombuffer(state.tobytes(), np.uint8).copy())

    def set_state(self, new_state: Any) -> None:
        """Continue from a state that `get_state` (or PyTorch's) gave, a tensor or an array.

        Raises:  RuntimeError when it is not one.
        """
        raw = new_state._data if isinstance(new_state, Tensor) else np.asarray(new_state)
        if raw.dtype != np.uint8 or raw.size != STATE.itemsize:
            raise DrawError(f"set_state: new_state must be {STATE.itemsize} bytes (uint8), "
                            f"got {raw.size} of {raw.dtype}")
        state = np.frombuffer(raw.tobytes(), STATE)[0]
        left, used = int(state["left"]), int(state["next"])
        if state["seeded"] != 1 or not (left + used == 625 and left > 0 or (left, used) == (1, 0)):
            raise DrawError("set_state: new_state is not the state of a generator")
        key = state["words"].astype(np.uint32)
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": 625 - left}}
        self._seed = int(state["seed"])
        self._spare = float(state["normal"]) if state["has_normal"] else None

    def clone_state(self) -> Generator:
        """A new generator that draws the same numbers from here on."""
        return _continued(self.get_state())


def _continued(state: Any) -> Generator:
    generator = Generator()
    generator.set_state(state)
    return generator


def _mersenne_state(source: np.random.RandomState) -> tuple[np.ndarray, int]:
    """The 624 words of the twister's state, and how many of them are used up."""
    state: Any = source.get_state()
    return state[1], int(state[2])


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: Any) -> Generator:
    """Seed the shared generator; the same seed gives the same numbers as in PyTorch.

    >>> manual_seed(0).randint(0, 10, 8)
    array([4, 9, 3, 0, 3, 9, 7, 3])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the shared generator from the operating system's entropy; returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the shared generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the shared generator, a tensor of 5056 bytes (uint8)."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Continue the shared generator from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """What is drawn inside the block leaves no trace on the shared generator.

    devices  is accepted for PyTorch's sake; there is one device here.
    """
    state = get_rng_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            set_rng_state(state)


_thread = threading.local()


def use_in_this_thread(generator: Generator) -> None:
    """Draw from `generator`, not from the shared one, in this thread.

    So what a background thread draws does not depend on when it runs.
    """
    _thread.generator = generator


def pick(generator: Generator | None) -> Generator:
    """The generator that was asked for, else the shared one.

    Raises:  TypeError for anything else, a seed for instance.
    """
    if generator is None:
        return getattr(_thread, "generator", default_generator)
    if not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a Generator or None, got {type(generator).__name__}")
    return generator
