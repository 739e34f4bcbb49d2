"""Several transforms as one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from ...generator import pick
from ...nn import Module


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join([f"{type(self).__name__}(", *(f"    {each}" for each in self.transforms), ")"])


class RandomApply(Module):
    """All of the transforms with probability p, else none."""

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = transforms, p

    def forward(self, img: Any) -> Any:
        if self.p < pick(None).uniform(1)[0]:
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        inside = [f"p={self.p}", *self.transforms]
        return "\n".join([f"{type(self).__name__}(", *(f"    {each}" for each in inside), ")"])


class RandomChoice(Compose):
    """One of the transforms, drawn from Python's `random` as in torchvision."""

    def __init__(self, transforms: Sequence[Callable], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        self.p = p

    def __call__(self, img: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](img)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"


class RandomOrder(Compose):
    """All of the transforms in an order drawn from Python's `random` as in torchvision."""

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img
