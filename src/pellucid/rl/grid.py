"""GridWorld: find the way over a map of cells, on ground that may be slippery.

    .  floor      S  where episodes begin      G  goal: the episode is over      P  pit: it is over, too
    #  wall       C  cliff: whoever steps there falls, and finds himself at the start

What is seen is the number of the cell, row by row from the upper left corner. All that is known of the world
is there as arrays, so that one can plan: `world.model` (see planning.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..tensor import OpError
from .drawing import Drawing
from .environment import Env, World
from .planning import Model
from .spaces import Box, Discrete

__all__ = ["MOVES", "CliffWalking", "Grid", "GridWorld", "Rewards"]

MOVES = ("up", "right", "down", "left")
STEPS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])             # rows, columns
LETTERS = {".": "floor", "#": "wall", "S": "start", "G": "goal", "P": "pit", "C": "cliff"}
COLOURS = {"#": "#59616b", "S": "#dbe6f3", "G": "#9fd6bf", "P": "#333a42", "C": "#e2a89c"}
MAPS = {
    "book": ("...G",                                             # Russell & Norvig's, with slip 0.2
             ".#.P",
             "S..."),
    "lake": ("S...",                                             # Gymnasium's FrozenLake
             ".P.P",
             "...P",
             "P..G"),
    "cliff": ("............",                                    # Sutton & Barto's, example 6.6
              "............",
              "............",
              "SCCCCCCCCCCG"),
    "rooms": (".....#.....",                                     # Sutton, Precup & Singh's four rooms
              ".....#.....",
              "...........",
              ".....#.....",
              ".....#.....",
              "#.####.....",
              ".....###.##",
              ".....#.....",
              ".....#....G",
              "...........",
              "S....#.....")}


@dataclass(frozen=True)
class Rewards:
    step: float = -0.04         # for each step, into a wall as well
    goal: float = 1.0           # on top of it, for reaching the goal,
    pit: float = -1.0           # ... falling into a pit
    cliff: float = -1.0         # ... or off a cliff


class Grid(World):
    """A map of cells; actions go up (0), right (1), down (2) or left (3), and nowhere where a wall stands.

        P(s'|s, a) = (1 - slip) [a leads to s'] + slip/2 ([its left leads there] + [its right does])
    cells     a map's name (book, lake, cliff, rooms), or its rows
    slip      the chance of going off to a side, to either equally often
    rewards   what is paid for what
    limit     steps until an episode is cut
    Source:   Russell & Norvig, "Artificial intelligence", chapter 17; Sutton & Barto 2018, chapters 3 and 6.
    Raises:   OpError for unknown maps and letters, rows of unlike length, maps without a place to stand, a
              slip outside [0, 1], rewards that are no numbers, a limit below 1.
    """

    name = "GridWorld"
    action_space: Box | Discrete = Discrete(4)

    def __init__(self, cells: str | Sequence[str] = "book", slip: float = 0.0,
                 rewards: Rewards | None = None, limit: int = 100) -> None:
        self.letters = read_map(cells)
        self.shape = self.letters.shape
        self.slip, self.rewards, self.limit = float(slip), rewards or Rewards(), limit
        if not 0 <= self.slip <= 1:
            raise OpError(f"GridWorld: slip must lie between 0 and 1, got {slip}")
        if not np.isfinite(list(vars(self.rewards).values())).all():
            raise OpError(f"GridWorld: rewards must be finite numbers, got {self.rewards}")
        if limit < 1:
            raise OpError(f"GridWorld: limit must be at least 1 step, got {limit}")
        flat = self.letters.ravel()
        begins = np.flatnonzero(flat == "S")
        self.starts = begins if len(begins) else np.flatnonzero(flat == ".")
        if not len(self.starts):
            raise OpError("GridWorld: cells has no place to begin: mark one with S, or floor with .")
        self.over = np.isin(flat, list("GP"))
        self.observation_space: Box | Discrete = Discrete(flat.size)
        self.after, self.pays = self.sure()

    def sure(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each action leads if nobody slips, and what that pays, each (S, 4)."""
        flat, columns = self.letters.ravel(), self.shape[1]
        places = np.stack(np.divmod(np.arange(flat.size), columns), 1)[:, None] + STEPS     # (S, 4, 2)
        is_out = ((places < 0) | (places >= self.shape)).any(2)
        to = np.where(is_out, 0, places[..., 0] * columns + places[..., 1])
        to = np.where(is_out | (flat[to] == "#"), np.arange(flat.size)[:, None], to)
        r, entered = self.rewards, flat[to]
        extra = [r.goal * (entered == "G"), r.pit * (entered == "P"), r.cliff * (entered == "C")]
        after = np.where(entered == "C", self.starts[0], to)
        stays = (self.over | (flat == "#"))[:, None]             # nothing happens there any more
        return (np.where(stays, np.arange(flat.size)[:, None], after),
                np.where(stays, 0.0, r.step + sum(extra)))

    @cached_property
    def model(self) -> Model:
        """P(s'|s, a) (S, 4, S), the rewards to expect (S, 4), and where nothing happens any more (S,)."""
        chances = np.eye(self.after.shape[0])[self.after]
        mixed = [(1 - self.slip) * each + self.slip / 2 * (np.roll(each, 1, 1) + np.roll(each, -1, 1))
                 for each in (chances, self.pays)]
        return Model(mixed[0], mixed[1], self.over | (self.letters.ravel() == "#"))

    def start(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.starts[rng.integers(len(self.starts), size=n)][:, None]

    def slipped(self, rng: np.random.Generator, actions: np.ndarray) -> np.ndarray:
        if self.slip == 0:
            return actions
        chance = rng.random(actions.shape)
        return (actions + (chance < self.slip / 2) - (chance >= 1 - self.slip / 2)) % 4

    def step(self, states: np.ndarray, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cells = states[:, 0]
        after = self.after[cells, actions]
        return after[:, None], self.pays[cells, actions], self.over[after]

    def observe(self, states: np.ndarray) -> np.ndarray:
        """The numbers of the cells, (n,)."""
        return states[:, 0]

    def draw(self, state: np.ndarray) -> Drawing:
        rows, columns = self.shape
        drawing = Drawing(-0.1, -0.1, columns + 0.1, rows + 0.1, width=min(36 * columns + 8, 480))
        for (i, j), letter in np.ndenumerate(self.letters):
            left, low = j + 0.03, rows - 1 - i + 0.03
            corners = [(left, low), (left + 0.94, low), (left + 0.94, low + 0.94), (left, low + 0.94)]
            drawing.polygon(corners, COLOURS.get(letter, "#eef0f3"))
            if letter in "SG":
                drawing.text((j + 0.5, rows - i - 0.5), letter)
        i, j = divmod(int(state[0]), columns)
        return drawing.circle((j + 0.5, rows - i - 0.5), 0.28, "#3a7cc4")


def read_map(cells: str | Sequence[str]) -> np.ndarray:
    """A map as letters, (rows, columns)."""
    if isinstance(cells, str) and cells not in MAPS:
        raise OpError(f"GridWorld: there is no map {cells!r}, but {', '.join(MAPS)}; or give its rows, such "
                      'as ["S.", "#G"]')
    rows = MAPS[cells] if isinstance(cells, str) else tuple(cells)
    if not rows or not rows[0]:
        raise OpError("GridWorld: cells is empty")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise OpError(f"GridWorld: row 0 of cells has {len(rows[0])} letters, row {number} has "
                          f"{len(row)}; wants them alike")
        for letter in row:
            if letter not in LETTERS:
                known = ", ".join(f"{key} {name}" for key, name in LETTERS.items())
                raise OpError(f"GridWorld: row {number} of cells holds {letter!r}, wants {known}")
    return np.array([list(row) for row in rows])


def GridWorld(cells: str | Sequence[str] = "book", slip: float = 0.0,  # noqa: N802 (made like an object)
              rewards: Rewards | None = None, limit: int = 100) -> Env:
    """A map of cells to find the way over; see Grid.

    >>> env = GridWorld(["S.", "#G"])
    >>> int(env.reset(seed=0)[0]), env.step(1)[1:4], env.step(2)[1:4]
    (0, (-0.04, False, False), (0.96, True, False))
    """
    return Env(Grid(cells, slip, rewards, limit))


def CliffWalking(slip: float = 0.0, limit: int = 1000) -> Env:  # noqa: N802
    """Along a cliff, -1 for each step, -100 for falling: Gymnasium's CliffWalking-v1, with a limit."""
    return Env(Grid("cliff", slip, Rewards(-1.0, 0.0, 0.0, -99.0), limit))
