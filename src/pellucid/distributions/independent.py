"""Independent and transformed distributions: made from others."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, described
from .parameters import summed
from .transforms_of_numbers import ComposeTransform, Transform


class Independent(Distribution):
    """A distribution whose last batch dimensions count as one event: their log-probabilities add up.

        log p(x) = sum_i log p_i(x_i)

    `Normal(zeros(3), ones(3))` are three distributions of numbers, `Independent(Normal(...), 1)` is one of
    vectors of three, as MultivariateNormal with a diagonal covariance, but quicker.

    reinterpreted_batch_ndims  how many batch dimensions become event dimensions
    Raises:  ValueError when the base has fewer.
    """

    base_dist: Any

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
                 validate_args: bool | None = None) -> None:
        if reinterpreted_batch_ndims > len(base_distribution.batch_shape):
            raise ValueError(f"Independent: reinterpreted_batch_ndims is {reinterpreted_batch_ndims}, the "
                             f"batch_shape {tuple(base_distribution.batch_shape)} has fewer dimensions")
        shape = base_distribution.batch_shape + base_distribution.event_shape
        cut = len(base_distribution.batch_shape) - reinterpreted_batch_ndims
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        super().__init__(shape[:cut], shape[cut:], validate_args)

    @property
    def arg_constraints(self) -> dict:  # type: ignore[override]
        return {}

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self) -> Any:  # type: ignore[override]
        n = self.reinterpreted_batch_ndims
        return constraints.independent(self.base_dist.support, n) if n else self.base_dist.support

    def expand(self, batch_shape: Any, _instance: Any = None) -> Independent:
        new = self._with_batch(batch_shape)
        base_event = len(self.base_dist.event_shape)
        rows = self._event_shape[:len(self._event_shape) - base_event]
        new.base_dist = self.base_dist.expand(new._batch_shape + rows)
        return new

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return summed(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return summed(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Independent.enumerate_support: the outcomes of several distributions "
                                      "are too many to list")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class TransformedDistribution(Distribution):
    """The distribution of y = f_n(... f_1(x)), where x comes from the base distribution.

        log p(y) = log p_base(x) - sum_k log |det f_k'|          with x = f^-1(y)

    transforms  one Transform or a list of them, applied in order
    >>> from pellucid.distributions import ExpTransform, Normal
    >>> TransformedDistribution(Normal(0.0, 1.0), [ExpTransform()]).log_prob(pellucid.tensor(1.0))
    tensor(-0.9189)

    Raises:  ValueError when the transforms need more dimensions than the base has.
    """

    base_dist: Any

    def __init__(self, base_distribution: Distribution, transforms: Any,
                 validate_args: bool | None = None) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        for transform in self.transforms:
            if not isinstance(transform, Transform):
                raise ValueError(f"TransformedDistribution: transforms must be a Transform or a list of "
                                 f"them, got {type(transform).__name__}")
        whole = ComposeTransform(self.transforms)
        base, event_dim = base_distribution, len(base_distribution.event_shape)
        shape, needed = base.batch_shape + base.event_shape, whole.domain.event_dim
        if len(shape) < needed:
            raise ValueError(f"TransformedDistribution: the base has shape {tuple(shape)}, the transforms "
                             f"need {needed} dimensions")
        out = whole.forward_shape(shape)
        wanted = whole.inverse_shape(out)
        if wanted != shape:
            base = base.expand(wanted[:len(wanted) - event_dim])
        if needed > event_dim:
            base = Independent(base, needed - event_dim)
        self.base_dist = base
        cut = len(out) - whole.codomain.event_dim - max(event_dim - needed, 0)
        super().__init__(out[:cut], out[cut:], validate_args)

    @property
    def arg_constraints(self) -> dict:  # type: ignore[override]
        return {}

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def support(self) -> Any:  # type: ignore[override]
        if not self.transforms:
            return self.base_dist.support
        inner = self.transforms[-1].codomain
        more = len(self._event_shape) - inner.event_dim
        return constraints.independent(inner, more) if more else inner

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._with_batch(batch_shape)
        shape = ComposeTransform(self.transforms).inverse_shape(new._batch_shape + self._event_shape)
        new.base_dist = self.base_dist.expand(shape[:len(shape) - len(self.base_dist.event_shape)])
        return new

    def sample(self, sample_shape: Any = ()) -> Tensor:
        from ..autograd import no_grad

        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def _forward(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        dims, total, y = len(self._event_shape), None, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dims += transform.domain.event_dim - transform.codomain.event_dim
            stretch = summed(transform.log_abs_det_jacobian(x, y), dims - transform.domain.event_dim)
            total = -stretch if total is None else total - stretch
            y = x
        base = summed(self.base_dist.log_prob(y), dims - len(self.base_dist.event_shape))
        return base if total is None else total + base

    def _sign(self) -> Any:
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        x = value
        for transform in reversed(self.transforms):
            x = transform.inv(x)
        return self._turned(self.base_dist.cdf(x))

    def icdf(self, value: Tensor) -> Tensor:
        return self._forward(self.base_dist.icdf(self._turned(value)))

    def _turned(self, p: Tensor) -> Tensor:
        """p where the transforms grow, 1 - p where they fall."""
        sign = self._sign()
        if isinstance(sign, Tensor):
            return sign * (p - 0.5) + 0.5
        return p if sign == 1 else 1 - p

    def __repr__(self) -> str:
        if self.arg_constraints:                                 # one with a name of its own
            return described(self, {name: getattr(self, name) for name in self.arg_constraints})
        inner = ", ".join(repr(transform) for transform in self.transforms)
        return f"TransformedDistribution({self.base_dist}, [{inner}])"
