"""Normal vectors whose parts depend on each other."""

from __future__ import annotations

from typing import Any

from ..ops.diagonal import diag_embed
from ..ops.fill import eye
from ..ops.shape import broadcast_shapes
from ..ops.triangular import cholesky, cholesky_inverse, solve_triangular
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .normal import LOG_2PI
from .parameters import lazy_property, one_of, standard_normal


def batch_of_vectors(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Each matrix times its vector; leading dimensions broadcast."""
    return (matrices @ vectors.unsqueeze(-1)).squeeze(-1)


def squared_distance(scale_tril: Tensor, away: Tensor) -> Tensor:
    """Mahalanobis' distance from the mean, squared: |L^-1 (x - loc)|^2.

    Dimensions of x before those of L become columns, so that each L is used once, for all of them.
    """
    extra = away.dim() - (scale_tril.dim() - 1)
    if extra <= 0:
        return solve_triangular(scale_tril, away.unsqueeze(-1), upper=False).squeeze(-1).square().sum(-1)
    columns = away.reshape((-1, *away.shape[extra:])).movedim(0, -1)
    distances = solve_triangular(scale_tril, columns, upper=False).square().sum(-2)
    return distances.movedim(-1, 0).reshape((*away.shape[:extra], *distances.shape[:-1]))


def half_log_det(scale_tril: Tensor) -> Tensor:
    """log sqrt(det(L L^T)): the sum of the logarithms of the diagonal."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(Distribution):
    """The bell in K dimensions: a mean and a covariance C, whose level lines are ellipses.

        p(x) = exp(-(x - loc)^T C^-1 (x - loc) / 2) / sqrt((2 pi)^K det C)
        mean loc        variance the diagonal of C        entropy K/2 (1 + log(2 pi)) + log(det C) / 2
        rsample: x = loc + L z,  C = L L^T

    Give one of covariance_matrix C, precision_matrix C^-1, or scale_tril L (lower triangular, the quickest:
    the others are factored by Cholesky). The others come as attributes when asked for.
    Shapes:  loc (..., K), the matrix (..., K, K) -> batch_shape (...), event_shape (K,)
    >>> MultivariateNormal(pellucid.zeros(2), pellucid.eye(2)).log_prob(pellucid.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints = {"loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
                       "precision_matrix": constraints.positive_definite,
                       "scale_tril": constraints.lower_cholesky}
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, covariance_matrix: Tensor | None = None,
                 precision_matrix: Tensor | None = None, scale_tril: Tensor | None = None,
                 validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("MultivariateNormal: loc must have at least one dimension, got a number")
        given, matrix = one_of("MultivariateNormal", covariance_matrix=covariance_matrix,
                               scale_tril=scale_tril, precision_matrix=precision_matrix)
        if matrix.dim() < 2 or matrix.shape[-1] != loc.shape[-1]:
            raise ValueError(f"MultivariateNormal: {given} of shape {tuple(matrix.shape)} must end in K by K "
                             f"for loc of shape {tuple(loc.shape)}")
        batch = broadcast_shapes(loc.shape[:-1], matrix.shape[:-2])
        self.loc = loc.expand((*batch, -1))
        self.__dict__[given] = matrix.expand((*batch, -1, -1))
        super().__init__(batch, loc.shape[-1:], validate_args)
        if given == "scale_tril":
            self._factor = matrix                                # without the repetitions of the batch
        else:
            self._factor = cholesky(matrix) if given == "covariance_matrix" else factor_of_inverse(matrix)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """L, lower triangular, with L L^T the covariance."""
        return self._factor.expand(self._matrix_shape())

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """C = L L^T: C_ij tells how x_i and x_j move together."""
        return (self._factor @ self._factor.transpose(-2, -1)).expand(self._matrix_shape())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """C^-1: its zeros are pairs that are independent, given all the others."""
        return cholesky_inverse(self._factor).expand(self._matrix_shape())

    def _matrix_shape(self) -> Any:
        return self._batch_shape + self._event_shape + self._event_shape

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._factor.square().sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        z = standard_normal(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + batch_of_vectors(self._factor, z)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = squared_distance(self._factor, value - self.loc)
        return -0.5 * (self._event_shape[0] * LOG_2PI + distance) - half_log_det(self._factor)

    def entropy(self) -> Tensor:
        entropy = 0.5 * self._event_shape[0] * (1 + LOG_2PI) + half_log_det(self._factor)
        return entropy.expand(self._batch_shape)


def factor_of_inverse(precision: Tensor) -> Tensor:
    """The lower triangular L with L L^T the inverse: factor the matrix turned upside down, and invert that.

    With P read from its last row and column, P' = F F^T. Read back, F is upper triangular and P = U U^T, so
    P^-1 = U^-T U^-1, and U^-T is lower triangular.
    """
    upside = cholesky(precision.flip((-2, -1)))
    upper_transposed = upside.flip((-2, -1)).transpose(-2, -1)
    return solve_triangular(upper_transposed, eye(precision.shape[-1], dtype=precision.dtype), upper=False)


class LowRankMultivariateNormal(Distribution):
    """A MultivariateNormal whose covariance is a diagonal plus a few directions: cheap for large K.

        C = W W^T + diag(d)        W = cov_factor (..., K, R), d = cov_diag (..., K)
        rsample: x = loc + W z_1 + sqrt(d) z_2

    C^-1 and det C come from matrices of R by R only, by the formulas of Woodbury and Sylvester, with
    M = 1 + W^T diag(1/d) W:
        (x-m)^T C^-1 (x-m) = |(x-m) / sqrt(d)|^2 - |M^(-1/2) W^T (x-m) / d|^2
        log det C = log det M + sum log d
    Shapes:  loc (..., K) -> batch_shape (...), event_shape (K,)
    Source:  Woodbury 1950, "Inverting modified matrices".
    """

    arg_constraints = {"loc": constraints.real_vector,
                       "cov_factor": constraints.independent(constraints.real, 2),
                       "cov_diag": constraints.independent(constraints.positive, 1)}
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor,
                 validate_args: bool | None = None) -> None:
        k = loc.shape[-1:] if loc.dim() else None
        if k is None or cov_factor.dim() < 2 or cov_factor.shape[-2:-1] != k or cov_diag.shape[-1:] != k:
            raise ValueError(f"LowRankMultivariateNormal: loc (..., K), cov_factor (..., K, R) and cov_diag "
                             f"(..., K) must agree in K, got {tuple(loc.shape)}, {tuple(cov_factor.shape)} "
                             f"and {tuple(cov_diag.shape)}")
        batch = broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        self.loc, self.cov_diag = loc.expand((*batch, -1)), cov_diag.expand((*batch, -1))
        self.cov_factor = cov_factor.expand((*batch, -1, -1))
        super().__init__(batch, k, validate_args)

    def _small_factor(self) -> tuple[Tensor, Tensor]:
        """Cholesky's factor of M, and W^T / d."""
        weighted = (self.cov_factor / self.cov_diag.unsqueeze(-1)).transpose(-2, -1)
        inner = weighted @ self.cov_factor
        return cholesky(inner + eye(inner.shape[-1], dtype=inner.dtype)), weighted

    def _half_log_det(self, small: Tensor) -> Tensor:
        return half_log_det(small) + 0.5 * self.cov_diag.log().sum(-1)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:  # type: ignore[override]
        """The diagonal of the covariance."""
        return self.cov_factor.square().sum(-1) + self.cov_diag

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """C = W W^T + diag(d)."""
        return self.cov_factor @ self.cov_factor.transpose(-2, -1) + diag_embed(self.cov_diag)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """C^-1."""
        small, weighted = self._small_factor()
        part = solve_triangular(small, weighted, upper=False)
        return diag_embed(self.cov_diag.reciprocal()) - part.transpose(-2, -1) @ part

    @lazy_property
    def scale_tril(self) -> Tensor:
        """L, lower triangular, with L L^T the covariance."""
        return cholesky(self.covariance_matrix)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        low = standard_normal((*shape[:-1], self.cov_factor.shape[-1]), dtype)
        return (self.loc + batch_of_vectors(self.cov_factor, low)
                + self.cov_diag.sqrt() * standard_normal(shape, dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        small, weighted = self._small_factor()
        away = value - self.loc
        distance = (away.square() / self.cov_diag).sum(-1) - squared_distance(
            small, batch_of_vectors(weighted, away))
        return -0.5 * (self._event_shape[0] * LOG_2PI + distance) - self._half_log_det(small)

    def entropy(self) -> Tensor:
        small, _ = self._small_factor()
        entropy = 0.5 * self._event_shape[0] * (1 + LOG_2PI) + self._half_log_det(small)
        return entropy.expand(self._batch_shape)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape)
        for name in ("variance", "covariance_matrix", "precision_matrix", "scale_tril"):
            new.__dict__.pop(name, None)
        return new
