"""Local response normalisation: neighbouring channels compete."""

from __future__ import annotations

import math

from ..tensor import OpError
from .pool_mean import sum_windows_of

__all__: list[str] = []                                          # in nn.functional only


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divide each number by the size of its neighbours in the nearby channels: they compete.

        y[n, c] = input[n, c] / (k + alpha mean of input[n, c']^2)^beta
    over the `size` channels c' from c - size // 2 on; missing ones count as 0.
    Shapes:  input (N, C, ...) with 3 dimensions or more -> the same
    Source:  Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural
             networks", section 3.3.
    """
    shape = tuple(input.shape)
    if len(shape) < 3 or size < 1:
        raise OpError(f"local_response_norm: expects 3 dimensions or more and size above 0, got shape "
                      f"{shape} and size {size}")
    flat = (input * input).reshape((shape[0], 1, shape[1], math.prod(shape[2:])))
    means = sum_windows_of(flat, kernel=(size, 1), stride=(1, 1), padding=(size // 2, 0),
                           sizes=(shape[1], math.prod(shape[2:])), scale=1 / size)
    return input / (means.reshape(shape) * alpha + k).pow(beta)
