"""Distribution: what all distributions have in common. Read this first, then `normal`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..tensor import Size, Tensor
from . import constraints
from .constraints import Constraint
from .parameters import sizes


class Distribution:
    """A distribution over events: it draws them and tells how likely they are.

    A sample has the shape sample_shape + batch_shape + event_shape:
        event_shape   one outcome: () a number, (3,) a vector whose parts depend on each other
        batch_shape   independent distributions side by side, each with parameters of its own
        sample_shape  how many draws of each

    `log_prob(x)` is the logarithm of the density (or of the probability, for discrete outcomes), one number
    per distribution of the batch. `rsample` draws such that gradients flow to the parameters ("r" for
    reparametrised: x = mean + std z with a z that does not depend on them), `sample` draws without.

    validate_args  check parameters, and values given to log_prob, against their constraints (the default)
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = True
    arg_constraints: Any
    support: Any

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Check parameters and values from now on, or stop to.

        Raises:  ValueError for anything but True and False.
        """
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expected True or False, got {value!r}")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (),
                 validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        for name, constraint in getattr(self, "arg_constraints", {}).items():
            if name in self.__dict__ and not constraints.is_dependent(constraint):
                refuse(f"{type(self).__name__}: {name}", self.__dict__[name], constraint)

    def _validate_sample(self, value: Tensor) -> None:
        """Refuse values that log_prob, cdf and so on are not defined for.

        Raises:  ValueError for what is no Tensor, has other sizes, or lies outside the support.
        """
        name = type(self).__name__
        if not isinstance(value, Tensor):
            raise ValueError(f"{name}: value must be a Tensor, got {type(value).__name__}")
        shape, event = value._data.shape, tuple(self._event_shape)
        split = len(shape) - len(event)
        if split < 0 or shape[split:] != event:
            raise ValueError(f"{name}: value of shape {shape} must end in the event_shape {event}")
        expected = tuple(self._batch_shape) + event
        for ours, theirs in zip(reversed(expected), reversed(shape)):  # noqa: B905 (either may be shorter)
            if ours != 1 and theirs != 1 and ours != theirs:
                raise ValueError(f"{name}: value of shape {shape} does not broadcast to batch_shape + "
                                 f"event_shape, {expected}")
        refuse(f"{name}: value", value, self.support)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution with its parameters repeated to this batch_shape (no memory is copied)."""
        new = self._with_batch(batch_shape)
        for name, constraint in self.arg_constraints.items():
            value = self.__dict__.get(name)
            if isinstance(value, Tensor):
                event = value.shape[value.dim() - constraint.event_dim:]
                new.__dict__[name] = value.expand(new._batch_shape + event)
        return new

    def _with_batch(self, batch_shape: Any) -> Any:
        """A copy with another batch_shape, whose parameters are still to be expanded."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        new._batch_shape = sizes(batch_shape, "expand")
        return new

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch: how many independent distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one outcome."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expected value, sum of x p(x)."""
        raise self._missing("mean")

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        raise self._missing("mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise self._missing("variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Draw without gradients. Shapes: -> sample_shape + batch_shape + event_shape."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n: int) -> Tensor:
        """PyTorch's old name of sample((n,))."""
        warnings.warn("sample_n is an old name: say sample((n,))", stacklevel=2)
        return self.sample((n,))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Draw such that gradients flow to the parameters, where has_rsample is True."""
        raise self._missing("rsample")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density (or probability) at value."""
        raise self._missing("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of an outcome of at most value."""
        raise self._missing("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """The outcome whose cdf is value."""
        raise self._missing("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All outcomes of a finite discrete distribution along a new first dimension.

        expand=False keeps the batch dimensions at size 1.
        """
        raise self._missing("enumerate_support")

    def entropy(self) -> Tensor:
        """The expected surprise, -sum of p(x) log p(x), in nats."""
        raise self._missing("entropy")

    def perplexity(self) -> Tensor:
        """e^entropy: as uncertain as a fair choice among so many outcomes."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return sizes(sample_shape, "sample_shape") + self._batch_shape + self._event_shape

    def _missing(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__}.{name} is not defined")

    def __repr__(self) -> str:
        names = getattr(self, "arg_constraints", {})
        return described(self, {name: self.__dict__[name] for name in names if name in self.__dict__})


class ExponentialFamily(Distribution):
    """Distributions of the form p(x) = h(x) exp(t(x) . theta - A(theta)), theta the natural parameters."""


def described(distribution: Distribution, parameters: dict) -> str:
    """A distribution and its parameters, numbers as they are and tensors by their shapes."""
    told = (f"{name}: {value.detach() if value._data.size == 1 else value.shape}"
            for name, value in parameters.items())
    return f"{type(distribution).__name__}({', '.join(told)})"


def refuse(what: str, value: Tensor, constraint: Constraint) -> None:
    """Raise ValueError, with the first offending value, where a constraint does not hold."""
    good = np.asarray(constraint.holds(value._data))
    if good.all():
        return
    bad = np.argwhere(~good)
    place = tuple(int(i) for i in bad[0])
    found = value.detach()[place] if place else value.detach()
    shown = found.item() if found._data.size == 1 else found
    where = f" (at {list(place)}, and {len(bad) - 1} more)" if place else ""
    raise ValueError(f"{what} of shape {tuple(value.shape)} must satisfy {constraint!r}, got {shown}{where}")
