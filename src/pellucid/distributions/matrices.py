"""Random matrices: Wishart's covariances, and correlations by LKJ."""

from __future__ import annotations

import math
from typing import Any

from ..ops.diagonal import diag_embed
from ..ops.gamma import digamma, lgamma, mvlgamma
from ..ops.join import cat
from ..ops.ranges import arange, tril_indices
from ..ops.shape import broadcast_shapes
from ..ops.triangular import cholesky, cholesky_inverse, solve_triangular
from ..tensor import Size, Tensor
from . import constraints
from .distribution import Distribution, ExponentialFamily
from .gamma import Beta, Chi2
from .multivariate_normal import factor_of_inverse, half_log_det
from .parameters import lazy_property, one_of, standard_normal, tensor_of, tiny_of


class Wishart(ExponentialFamily):
    """The sum of x x^T over df normal vectors x of covariance C: how measured covariances scatter.

        p(X) = det(X)^((df-K-1)/2) e^(-trace(C^-1 X) / 2) / (2^(df K/2) det(C)^(df/2) G_K(df/2))
        mean df C        mode (df - K - 1) C, for df >= K + 1
        variance of X_ij: df (C_ij^2 + C_ii C_jj)
        rsample: X = L A A^T L^T, A lower triangular, normal below its diagonal, roots of Chi2(df - i) on it

    G_K is the gamma function of K dimensions. Give one of covariance_matrix, precision_matrix, scale_tril.
    Shapes:  the matrix (..., K, K), df (...) -> batch_shape (...), event_shape (K, K)
    Source:  Wishart 1928, "The generalised product moment distribution in samples from a normal multivariate
             population"; sampling: Bartlett 1933, "On the theory of statistical regression".
    Differs: PyTorch's rsample draws again what was good, so its numbers for a seed are others.
    Raises:  ValueError for a df of K - 1 or less.
    """

    support = constraints.positive_definite
    has_rsample = True

    def __init__(self, df: Any, covariance_matrix: Tensor | None = None,
                 precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
                 validate_args: bool | None = None) -> None:
        given, matrix = one_of("Wishart", covariance_matrix=covariance_matrix, scale_tril=scale_tril,
                               precision_matrix=precision_matrix)
        if matrix.dim() < 2 or matrix.shape[-1] != matrix.shape[-2]:
            raise ValueError(f"Wishart: {given} must be square matrices, got shape {tuple(matrix.shape)}")
        df, size = tensor_of(df), matrix.shape[-1]
        batch = broadcast_shapes(df.shape, matrix.shape[:-2])
        if not (df._data > size - 1).all():
            raise ValueError(f"Wishart: df must be above K - 1 = {size - 1}, got {df.detach()}")
        self.df = df.to(matrix.dtype).expand(batch)
        self.__dict__[given] = matrix.expand((*batch, -1, -1))
        super().__init__(batch, matrix.shape[-2:], validate_args)
        if given == "scale_tril":
            self._factor = matrix                                # without the repetitions of the batch
        else:
            self._factor = cholesky(matrix) if given == "covariance_matrix" else factor_of_inverse(matrix)

    @property
    def arg_constraints(self) -> dict:  # type: ignore[override]
        k = self._event_shape[-1]
        return {"covariance_matrix": constraints.positive_definite,
                "precision_matrix": constraints.positive_definite,
                "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(k - 1)}

    @lazy_property
    def scale_tril(self) -> Tensor:
        """L, lower triangular, with L L^T = C."""
        return self._factor.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """C, the covariance of one vector."""
        return (self._factor @ self._factor.transpose(-2, -1)).expand(self._batch_shape + self._event_shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """C^-1."""
        return cholesky_inverse(self._factor).expand(self._batch_shape + self._event_shape)

    @property
    def mean(self) -> Tensor:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self._event_shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return factor[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        c = self.covariance_matrix
        diagonal = c.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (c.square() + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _degrees(self) -> Tensor:
        """df, df - 1, ..., one for each row."""
        return self.df.unsqueeze(-1) - arange(self._event_shape[-1], dtype=self.df.dtype)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        size = self._event_shape[-1]
        roots = diag_embed(Chi2(self._degrees(), validate_args=False).rsample(sample_shape).sqrt())
        rows, columns = tril_indices(size, size, -1)
        shape = Size(sample_shape) + self._batch_shape
        below = standard_normal((*shape, len(rows)), self.df.dtype)
        flat = roots.new_zeros((*shape, size * size))
        places = (rows * size + columns).expand(below.shape)
        lower = flat.scatter(-1, places, below).reshape(roots.shape) + roots
        factor = self._factor @ lower
        return factor @ factor.transpose(-2, -1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        k, df = self._event_shape[-1], self.df
        root = cholesky(value)
        trace = solve_triangular(self._factor, root, upper=False).square().sum((-2, -1))
        return ((df - k - 1) * half_log_det(root) - 0.5 * trace - mvlgamma(df / 2, k)
                - df * (k * math.log(2) / 2 + half_log_det(self._factor)))

    def entropy(self) -> Tensor:
        k, df = self._event_shape[-1], self.df
        return ((k + 1) * (k * math.log(2) / 2 + half_log_det(self._factor)) + mvlgamma(df / 2, k)
                - (df - k - 1) / 2 * digamma(self._degrees() / 2).sum(-1) + df * k / 2)


class LKJCholesky(Distribution):
    """Cholesky factors of random correlation matrices; concentration 1 makes all correlations alike.

        p(L) ~ prod_(i = 2 ... K) L_ii^(K - i + 2 concentration - 2)        i counted from 1
        above 1 they gather around the identity, below 1 they avoid it

    Source:  Lewandowski, Kurowicka & Joe 2009, "Generating random correlation matrices based on vines and
             extended onion method", J. Multivariate Analysis 100 (the onion).
    Differs: from dim = 3 on PyTorch's draws spread wider than its density (and this one) says.
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim must be at least 2, got {dim}")
        self.dim, self.concentration = dim, tensor_of(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)
        rest = self.concentration + 0.5 * (dim - 2)
        offset = arange(dim - 1, dtype=rest.dtype)
        offset = 0.5 * cat([offset.new_zeros(1), offset])
        self._beta = Beta(offset + 0.5, rest.unsqueeze(-1) - offset)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        new._beta = self._beta.expand(new._batch_shape + self._beta.batch_shape[-1:])
        return new

    def sample(self, sample_shape: Any = ()) -> Tensor:
        y = self._beta.sample(sample_shape).unsqueeze(-1)        # the squared length below the diagonal
        z = standard_normal(self._extended_shape(sample_shape), self.concentration.dtype).tril(-1)
        length = z.square().sum(-1, keepdim=True).sqrt()
        w = y.detach().sqrt() * z / length.masked_fill(length == 0, 1.0)         # the first row has nothing
        diagonal = (1 - w.square().sum(-1)).clamp(min=tiny_of(w)).sqrt()
        return w.detach() + diag_embed(diagonal.detach())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        more, alpha = self.dim - 1, self.concentration + 0.5 * (self.dim - 1)
        order = self.dim - arange(2, self.dim + 1) + 2 * self.concentration.unsqueeze(-1) - 2
        total = (order * value.diagonal(dim1=-2, dim2=-1)[..., 1:].log()).sum(-1)
        constant = 0.5 * more * math.log(math.pi) + mvlgamma(alpha - 0.5, more) - lgamma(alpha) * more
        return total - constant
