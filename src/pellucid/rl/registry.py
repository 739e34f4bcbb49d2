"""Environments by name."""

from __future__ import annotations

import difflib

from ..tensor import OpError
from .acrobot import AcrobotWorld
from .cart_pole import CartPoleWorld
from .environment import Env, VectorEnv, World
from .grid import Grid
from .mountain_car import MountainCarWorld
from .pendulum import PendulumWorld

__all__ = ["Acrobot", "CartPole", "MountainCar", "Pendulum", "make", "make_vector"]

WORLDS: dict[str, type[World]] = {"CartPole": CartPoleWorld, "MountainCar": MountainCarWorld,
                                  "Acrobot": AcrobotWorld, "Pendulum": PendulumWorld, "GridWorld": Grid}


def world(name: str) -> World:
    """The physics of an environment by its name, with or without Gymnasium's version: "CartPole-v1"."""
    bare = str(name).partition("-")[0]
    if bare not in WORLDS:
        close = difflib.get_close_matches(bare, WORLDS, 1, 0.4)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise OpError(f"make: there is no environment {name!r} here, but {', '.join(WORLDS)}{meant}")
    return WORLDS[bare]()


def make(name: str) -> Env:
    """One environment by its name.

    >>> make("Pendulum-v1").action_space.shape
    (1,)
    """
    return Env(world(name))


def make_vector(name: str, n: int, seed: int | None = None) -> VectorEnv:
    """n copies of an environment, stepped together."""
    return VectorEnv(world(name), n, seed)


def CartPole() -> Env:  # noqa: N802 (made like an object)
    """CartPole-v1; see CartPoleWorld."""
    return Env(CartPoleWorld())


def MountainCar() -> Env:  # noqa: N802
    """MountainCar-v0; see MountainCarWorld."""
    return Env(MountainCarWorld())


def Acrobot() -> Env:  # noqa: N802
    """Acrobot-v1; see AcrobotWorld."""
    return Env(AcrobotWorld())


def Pendulum() -> Env:  # noqa: N802
    """Pendulum-v1; see PendulumWorld."""
    return Env(PendulumWorld())
