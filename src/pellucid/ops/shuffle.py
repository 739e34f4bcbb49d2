"""Channels and places exchanged: pixels from channels, channels from pixels, channels in another order."""

from __future__ import annotations

from ..tensor import OpError, Tensor

__all__ = ["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"]


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Make r x r pixels out of each r^2 channels: a picture r times as large with r^2 times fewer channels.

        y[c, h r + i, w r + j] = input[c r^2 + i r + j, h, w]        r = upscale_factor
    Shapes:  input (..., C r^2, H, W) -> (..., C, H r, W r)
    Source:  Shi, Caballero, Huszar et al. 2016, "Real-time single image and video super-resolution using an
             efficient sub-pixel convolutional neural network", arXiv:1609.05158.
    """
    r, shape = upscale_factor, tuple(input.shape)
    if r < 1 or len(shape) < 3 or shape[-3] % (r * r):
        raise OpError(f"pixel_shuffle: input must be (..., C r^2, H, W) with r = upscale_factor = {r}, r^2 = "
                      f"{r * r}, got shape {shape}")
    *lead, channels, height, width = shape
    split = input.reshape((-1, channels // (r * r), r, r, height, width))
    return split.permute(0, 1, 4, 2, 5, 3).reshape((*lead, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Make r^2 channels out of each r x r pixels: pixel_shuffle undone.

        y[c r^2 + i r + j, h, w] = input[c, h r + i, w r + j]        r = downscale_factor
    Shapes:  input (..., C, H r, W r) -> (..., C r^2, H, W)
    """
    r, shape = downscale_factor, tuple(input.shape)
    if r < 1 or len(shape) < 3 or shape[-2] % r or shape[-1] % r:
        raise OpError(f"pixel_unshuffle: input must be (..., C, H r, W r) with r = downscale_factor = {r}, "
                      f"got shape {shape}")
    *lead, channels, height, width = shape
    split = input.reshape((-1, channels, height // r, r, width // r, r))
    return split.permute(0, 1, 3, 5, 2, 4).reshape((*lead, channels * r * r, height // r, width // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels out anew, so that groups of a next layer see some of every group of this one.

        y[n, k groups + g] = input[n, g C / groups + k]
    Shapes:  input (N, C, ...) -> the same, groups divides C
    Source:  Zhang, Zhou, Lin & Sun 2018, "ShuffleNet", arXiv:1707.01083.
    """
    shape = tuple(input.shape)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise OpError(f"channel_shuffle: groups={groups} must divide the channels, dim 1 of 3 or more, got "
                      f"shape {shape}")
    return input.reshape((shape[0], groups, shape[1] // groups, *shape[2:])).transpose(1, 2).reshape(shape)
