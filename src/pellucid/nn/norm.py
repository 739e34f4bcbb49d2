"""Normalisation layers: they keep the numbers that flow through a network near mean 0 and variance 1."""

from __future__ import annotations

import warnings
from typing import Any

from ..dtypes import int64
from ..ops import empty, ones, tensor, zeros
from ..tensor import OpError, Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class _Scaling(Module):
    """A weight and a bias, or neither: what comes after the normalisation."""

    def _register(self, sizes: Any, affine: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            made = Parameter(empty(sizes, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)

    def reset_parameters(self) -> None:
        """Set weights to 1 and biases to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _ByBatch(_Scaling):
    """Batch normalisation: weights, running statistics, and which of them a pass uses."""

    shapes: dict[int, str]                                       # by number of dimensions, as they are called

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
                 affine: bool = True, track_running_stats: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        options = {"device": device, "dtype": dtype}
        self._register(num_features, affine, bias, **options)
        self.register_buffer("running_mean", zeros(num_features, **options) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, **options) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0, dtype=int64) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen so far."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weights to 1, biases to 0, and forget the batches seen so far."""
        self.reset_running_stats()
        super().reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in self.shapes:
            raise OpError(f"{type(self).__name__}: input must be {' or '.join(self.shapes.values())}, got "
                          f"shape {tuple(input.shape)}")
        share = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if share is None:
                share = 1 / self.num_batches_tracked.item()
        by_batch = self.training or self.running_mean is None
        tracks = not by_batch or (self.training and self.track_running_stats)
        mean, var = (self.running_mean, self.running_var) if tracks else (None, None)
        return F.batch_norm(input, mean, var, self.weight, self.bias, by_batch,
                            0.0 if share is None else share, self.eps)

    def extra_repr(self) -> str:
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
                f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}")


class BatchNorm1d(_ByBatch):
    """Normalise each feature over the batch while training; by running averages of the same in evaluation.

        y = (x - m) / sqrt(v + eps) weight + bias
        running_mean <- (1 - momentum) running_mean + momentum m
        momentum=None is the average of all batches so far
        running_var  <- (1 - momentum) running_var + momentum v N / (N - 1)
    Shapes:  x (N, C) or (N, C, L), weight, bias and running statistics (C,) -> like x
    Source:  Ioffe & Szegedy 2015, "Batch Normalization", arXiv:1502.03167.
    Raises:  ValueError for other numbers of dimensions; RuntimeError for C other than num_features, and in
             training for a single value per feature.
    """

    shapes = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_ByBatch):
    """Normalise each channel over the batch and all places of a picture while training; see BatchNorm1d.

        y = (x - m) / sqrt(v + eps) weight + bias
    Shapes:  x (N, C, H, W), weight, bias and running statistics (C,) -> like x
    Source:  Ioffe & Szegedy 2015, "Batch Normalization", arXiv:1502.03167, section 3.2.
    """

    shapes = {4: "(N, C, H, W)"}


class BatchNorm3d(_ByBatch):
    """Normalise each channel over the batch and all places of a volume while training; see BatchNorm1d.

        y = (x - m) / sqrt(v + eps) weight + bias
    Shapes:  x (N, C, D, H, W), weight, bias and running statistics (C,) -> like x
    """

    shapes = {5: "(N, C, D, H, W)"}


def _sizes(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(_Scaling):
    """Normalise each sample over its last dimensions, then scale and shift.

        y = (x - mean x) / sqrt(var x + eps) weight + bias
    Shapes:  x (..., *normalized_shape), weight and bias normalized_shape -> like x
    Source:  Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450.
    Raises:  RuntimeError when x does not end in normalized_shape.
    """

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
                 bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _sizes(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self._register(self.normalized_shape, elementwise_affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
                f"bias={self.bias is not None}")


class RMSNorm(Module):
    """Divide each sample by the root of its mean square over the last dimensions, then scale.

        y = x / sqrt(mean x^2 + eps) weight      eps=None: the dtype's smallest step from 1
    Shapes:  x (..., *normalized_shape), weight normalized_shape -> like x
    Source:  Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467.
    Raises:  RuntimeError when x does not end in normalized_shape.
    """

    def __init__(self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps = _sizes(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        sizes = self.normalized_shape
        made = Parameter(empty(sizes, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weights to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Scaling):
    """Normalise each group of channels of each sample, then scale and shift each channel.

        y = (x - m) / sqrt(v + eps) weight + bias        m, v over the channels and places of a group
    num_groups=1 takes all channels together, num_groups=num_channels each alone.
    Shapes:  x (N, C, ...), weight and bias (C,) -> like x
    Source:  Wu & He 2018, "Group Normalization", arXiv:1803.08494.
    Raises:  ValueError when num_groups does not divide num_channels.
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
                 device: Any = None, dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_groups must divide num_channels, got {num_groups} and "
                             f"{num_channels}")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._register(num_channels, affine, bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
                f"bias={self.bias is not None}")


class _Instance(_ByBatch):
    """Instance normalisation: that of a batch of one sample."""

    alone: int                                                   # dimensions of an input without a batch

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
                 track_running_stats: bool = False, device: Any = None, dtype: Any = None, *,
                 bias: bool = True) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in self.shapes:
            raise OpError(f"{type(self).__name__}: input must be {' or '.join(self.shapes.values())}, got "
                          f"shape {tuple(input.shape)}")
        channels = input.shape[-self.alone]
        if channels != self.num_features:
            told = (f"{type(self).__name__}: input {tuple(input.shape)} has {channels} channels, "
                    f"num_features is {self.num_features}")
            if self.affine:
                raise ValueError(told)
            warnings.warn(f"{told}, which does not matter with affine=False", stacklevel=3)
        batched = input if input.ndim > self.alone else input.unsqueeze(0)
        y = F.instance_norm(batched, self.running_mean, self.running_var, self.weight, self.bias,
                            self.training or not self.track_running_stats,
                            0.0 if self.momentum is None else self.momentum, self.eps)
        return y if input.ndim > self.alone else y.squeeze(0)


class InstanceNorm1d(_Instance):
    """Normalise each channel of each sequence over its places.

        y = (x - m) / sqrt(v + eps) weight + bias        m, v over the places of one channel of one sample
    Shapes:  x (N, C, L) or (C, L), weight, bias and running statistics (C,) -> like x
    Source:  Ulyanov, Vedaldi & Lempitsky 2016, "Instance Normalization", arXiv:1607.08022.
    Raises:  ValueError for other numbers of dimensions, RuntimeError for a single place.
    """

    shapes, alone = {2: "(C, L)", 3: "(N, C, L)"}, 2


class InstanceNorm2d(_Instance):
    """Normalise each channel of each picture over its places; as InstanceNorm1d.

        y = (x - m) / sqrt(v + eps) weight + bias        m, v over the places of one channel of one sample
    Shapes:  x (N, C, H, W) or (C, H, W), weight, bias and running statistics (C,) -> like x
    """

    shapes, alone = {3: "(C, H, W)", 4: "(N, C, H, W)"}, 3


class InstanceNorm3d(_Instance):
    """Normalise each channel of each volume over its places; as InstanceNorm1d.

        y = (x - m) / sqrt(v + eps) weight + bias        m, v over the places of one channel of one sample
    Shapes:  x (N, C, D, H, W) or (C, D, H, W), weight, bias and running statistics (C,) -> like x
    """

    shapes, alone = {4: "(C, D, H, W)", 5: "(N, C, D, H, W)"}, 4


class LocalResponseNorm(Module):
    """Divide each number by the size of its neighbours in the nearby channels: they compete.

        y[n, c] = x[n, c] / (k + alpha mean of x[n, c']^2)^beta        over `size` channels c' around c
    Shapes:  x (N, C, ...) with 3 dimensions or more -> the same
    Source:  Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural
             networks", section 3.3.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
