"""Convolution layers: the same few weights look at every place of a sequence, a picture or a volume."""

from __future__ import annotations

import math
from typing import Any

from ..ops import empty
from ..ops.conv_sizes import spelled_out
from ..tensor import OpError, Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

BORDERS = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What all convolution layers share: their settings, their weights and how these start."""

    dims: int                                                    # of the kernel
    transposed = False

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        name, dims = type(self).__name__, self.dims
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{name}: groups must be positive and divide in_channels and out_channels, got "
                             f"groups={groups}, in_channels={in_channels}, out_channels={out_channels}")
        if padding_mode not in BORDERS:
            raise ValueError(f"{name}: padding_mode must be one of {', '.join(BORDERS)}, got "
                             f"{padding_mode!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = spelled_out(name, "kernel_size", kernel_size, dims, low=1)
        self.stride = spelled_out(name, "stride", stride, dims, low=1)
        self.dilation = spelled_out(name, "dilation", dilation, dims, low=1)
        self.padding = self._checked_padding(padding)
        self.padding_mode, self.output_padding = padding_mode, (0,) * dims
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        options = {"device": device, "dtype": dtype}
        self.weight = Parameter(empty((first, second // groups, *self.kernel_size), **options))
        self.register_parameter("bias", Parameter(empty(out_channels, **options)) if bias else None)
        self.reset_parameters()

    def _checked_padding(self, padding: Any) -> Any:
        name = type(self).__name__
        if not isinstance(padding, str):
            return spelled_out(name, "padding", padding, self.dims)
        if padding not in ("same", "valid"):
            raise ValueError(f"{name}: padding must be numbers, 'valid' or 'same', got {padding!r}")
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f"{name}: padding='same' is for stride 1, got stride {self.stride}")
        return padding

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = init.fans(self.weight)[0]
        if self.bias is not None and fan_in:
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def border(self) -> list[int]:
        """The padding as `pad` takes it: before and after, from the last dimension to the first."""
        sides: list[int] = []
        for i in reversed(range(self.dims)):
            if isinstance(self.padding, str):
                total = self.dilation[i] * (self.kernel_size[i] - 1) if self.padding == "same" else 0
                sides += [total // 2, total - total // 2]
            else:
                sides += [self.padding[i]] * 2
        return sides

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self.border(), self.padding_mode), 0
        convolve = (F.conv1d, F.conv2d, F.conv3d)[self.dims - 1]
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        told = [f"{self.in_channels}, {self.out_channels}", f"kernel_size={self.kernel_size}",
                f"stride={self.stride}"]
        for what, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, what)
            told += [f"{what}={value}"] if value != (usual,) * self.dims else []
        told += [f"groups={self.groups}"] if self.groups != 1 else []
        told += ["bias=False"] if self.bias is None else []
        told += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(told)


class Conv1d(_Convolution):
    """Slide windows of learned weights along a sequence: one output channel per window.

        y[n, o, i] = b[o] + sum_{c, k} W[o, c, k] x[n, c, i stride + k dilation - padding]
    padding:      a number, 'valid' (none) or 'same' (as many places as x; stride 1)
    padding_mode: what lies there: zeros, reflect, replicate or circular
    groups:       the channels are split into so many parts, each with weights of its own
    W and b start uniform in [-1 / sqrt(n), 1 / sqrt(n)), n = C / groups K.

    Shapes:  x (N, C, L) or (C, L), W (O, C / groups, K), b (O,) -> (N, O, L'),
             L' = (L + 2 padding - dilation (K - 1) - 1) // stride + 1
    Raises:  ValueError when groups does not divide the channels, RuntimeError for x of other sizes.
    """

    dims = 1


class Conv2d(_Convolution):
    """Slide windows of learned weights over a picture: one output channel per window.

        y[n, o, i, j] = b[o] + sum_{c, k, l} W[o, c, k, l] x[n, c, i stride + k dilation - padding, ...]
    Sizes are a number or one for each dimension.
    padding:      also 'valid' (none) or 'same' (as many places as x; stride 1)
    padding_mode: what lies there: zeros, reflect, replicate or circular
    groups:       the channels are split into so many parts, each with weights of its own
    W and b start uniform in [-1 / sqrt(n), 1 / sqrt(n)), n = C / groups K L.

    Shapes:  x (N, C, H, W) or (C, H, W), W (O, C / groups, K, L), b (O,) -> (N, O, H', W'),
             H' = (H + 2 padding - dilation (K - 1) - 1) // stride + 1, W' likewise
    Source:  LeCun, Boser, Denker et al. 1989, "Backpropagation applied to handwritten zip code recognition".
    Raises:  ValueError when groups does not divide the channels, RuntimeError for x of other sizes.
    >>> from pellucid import ones
    >>> Conv2d(3, 8, kernel_size=3, padding=1)(ones(2, 3, 5, 5)).shape
    pellucid.Size([2, 8, 5, 5])
    """

    dims = 2


class Conv3d(_Convolution):
    """Slide windows of learned weights through a volume; as Conv2d, with one dimension more.

        y[n, o, i] = b[o] + sum_{c, k} W[o, c, k] x[n, c, i stride + k dilation - padding]
    Shapes:  x (N, C, D, H, W) or (C, D, H, W), W (O, C / groups, K, L, M), b (O,) -> (N, O, D', H', W'),
             each D' = (D + 2 padding - dilation (K - 1) - 1) // stride + 1
    """

    dims = 3


class _Transposed(_Convolution):
    """A convolution's way back."""

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
                 dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
                 dtype: Any = None) -> None:
        if padding_mode != "zeros":
            raise ValueError(f"{type(self).__name__}: padding_mode must be 'zeros', got {padding_mode!r}")
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
                         padding_mode, device, dtype)
        self.output_padding = spelled_out(type(self).__name__, "output_padding", output_padding, self.dims)

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.dims - 1]
        more = self.output_padding if output_size is None else self._missing(input, output_size)
        return convolve(input, self.weight, self.bias, self.stride, self.padding, more, self.groups,
                        self.dilation)

    def _missing(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """The output_padding that gives output_size (its last `dims` numbers)."""
        dims, wanted = self.dims, tuple(output_size)[-self.dims:]
        least = [(size - 1) * hop - 2 * pad + far * (k - 1) + 1 for size, hop, pad, far, k
                 in zip(input.shape[-dims:], self.stride, self.padding, self.dilation, self.kernel_size,
                        strict=True)]
        more = tuple(size - low for size, low in zip(wanted, least, strict=False))
        if len(more) != dims or any(not 0 <= m < hop for m, hop in zip(more, self.stride, strict=True)):
            most = [low + hop - 1 for low, hop in zip(least, self.stride, strict=True)]
            raise OpError(f"{type(self).__name__}: output_size must lie between {least} and {most} for an "
                          f"input of shape {tuple(input.shape)}, got {list(output_size)}")
        return more


class ConvTranspose1d(_Transposed):
    """Lay a window of learned weights over a sequence for each element, times it, and add up.

        y[n, c, i stride + k dilation - padding] += W[o, c, k] x[n, o, i]        starting from b[c]
    output_padding: so many more places at the end
    Shapes:  x (N, O, L) or (O, L), W (O, C / groups, K), b (C,) -> (N, C, L'),
             L' = (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1; O = in_channels
    """

    dims = 1


class ConvTranspose2d(_Transposed):
    """Lay a window of learned weights over a picture for each element, times it, and add up.

        y[n, c, i stride + k dilation - padding, ...] += W[o, c, k, l] x[n, o, i, j]
    starting from b[c]; with a stride it enlarges. The way back of Conv2d.
    output_padding: so many more places at the ends; forward's output_size chooses it
    Shapes:  x (N, O, H, W) or (O, H, W), W (O, C / groups, K, L), b (C,) -> (N, C, H', W'),
             H' = (H - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1; O = in_channels
    Source:  Zeiler, Krishnan, Taylor & Fergus 2010, "Deconvolutional networks".
    """

    dims = 2


class ConvTranspose3d(_Transposed):
    """Conv3d's way back; as ConvTranspose2d, with one dimension more.

        y[n, c, i stride + k dilation - padding] += W[o, c, k] x[n, o, i]        starting from b[c]
    Shapes:  x (N, O, D, H, W) or (O, D, H, W), W (O, C / groups, K, L, M), b (C,) -> (N, C, D', H', W'),
             D' = (D - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1; O = in_channels
    """

    dims = 3
