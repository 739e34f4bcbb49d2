"""What the transforms do, as plain functions of a picture: a Pillow image, an array, or a tensor.

Pillow images and arrays are (H, W) or (H, W, C) of bytes, tensors (..., C, H, W). Each function gives back
the kind that it got.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...dtypes import get_default_dtype
from ...ops.create import from_numpy
from ...tensor import Tensor, wrap
from ..pictures import channels_of, is_pil, like, picture_of, pillow, pixels_of, size_of
from ..resample import InterpolationMode, resample_bytes, resample_floats
from .levels import convert_image_dtype

__all__ = ["InterpolationMode", "center_crop", "convert_image_dtype", "crop", "get_dimensions",
           "get_image_num_channels", "get_image_size", "hflip", "normalize", "pad", "pil_to_tensor", "resize",
           "resized_crop", "rgb_to_grayscale", "to_grayscale", "to_pil_image", "to_tensor", "vflip"]


def get_dimensions(img: Any) -> list[int]:
    """Channels, height, width."""
    return [channels_of(img), *size_of(img)]


def get_image_size(img: Any) -> list[int]:
    """Width, height."""
    height, width = size_of(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    """Channels: 1 for grey, 3 for colour."""
    return channels_of(img)


def pil_to_tensor(pic: Any) -> Tensor:
    """The pixels of a picture as a tensor (C, H, W), with their dtype."""
    pixels = pixels_of(pic, "pil_to_tensor")
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return from_numpy(np.array(pixels, order="C"))


def to_tensor(pic: Any) -> Tensor:
    """A picture as a tensor (C, H, W): bytes from 0 to 255 become floats from 0 to 1.

        y = x / 255                                in the default dtype
    """
    floating = get_default_dtype().dtype
    pixels = pixels_of(pic, "to_tensor")
    pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if pixels.dtype == np.uint8:
        return wrap(np.divide(pixels, floating.type(255), dtype=floating))
    if pixels.dtype == np.bool_:
        return wrap(pixels.astype(floating))
    return from_numpy(np.array(pixels, order="C"))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or an array (H, W, C) as a Pillow image; floats from 0 to 1 become bytes.

    Raises:  MissingExtra without Pillow; TypeError or ValueError for what is no picture.
    """
    if pillow() is None:
        from ...extras import need

        need("PIL.Image", extra="vision")
    if isinstance(pic, Tensor):
        pixels = pic.detach().numpy()
        pixels = pixels[None] if pixels.ndim == 2 else pixels
        if pixels.ndim != 3 or pixels.shape[0] > 4:
            raise ValueError("to_pil_image: pic must have shape (C, H, W) with at most 4 channels, "
                             f"got {pixels.shape}")
        if pixels.dtype.kind == "f" and mode != "F":
            pixels = (pixels * pixels.dtype.type(255)).astype(np.int64).astype(np.uint8)
        pixels = pixels.transpose(1, 2, 0)
    else:
        pixels = pixels_of(pic, "to_pil_image")
    picture = picture_of(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels))
    return picture if mode is None else picture.convert(mode)


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """Shift and scale each channel.

        y = (x - mean) / std
    Shapes:  tensor (..., C, H, W), mean and std one number, or C of them
    Raises:  TypeError for anything but a floating tensor, ValueError where std is 0 or sizes do not fit.
    """
    if not isinstance(tensor, Tensor) or tensor._data.dtype.kind != "f":
        got = f"one of {tensor.dtype}" if isinstance(tensor, Tensor) else type(tensor).__name__
        raise TypeError(f"normalize: tensor must be a floating tensor, got {got}; ToTensor() makes one")
    x = tensor._data
    if x.ndim < 3:
        raise ValueError(f"normalize: tensor must have shape (..., C, H, W), got {x.shape}")
    centre, scale = (np.asarray(value, x.dtype).reshape(-1, 1, 1) for value in (mean, std))
    for name, value in (("mean", centre), ("std", scale)):
        if value.size not in (1, x.shape[-3]):
            raise ValueError(f"normalize: {name} has {value.size} numbers for {x.shape[-3]} channels")
    if (scale == 0).any():
        raise ValueError(f"normalize: std is {std}, which would divide by 0")
    y = np.subtract(x, centre, out=x if inplace else None)
    y /= scale
    return tensor if inplace else wrap(y)


def resize(img: Any, size: int | Sequence[int], interpolation: Any = InterpolationMode.BILINEAR,
           max_size: int | None = None, antialias: bool | None = True) -> Any:
    """A picture in another size: (height, width), or one number for its shorter side.

    max_size   what the longer side may be at most, where size is one number
    antialias  False lets tensors skip pixels where they shrink; pictures never do
    """
    height, width = _wanted(size_of(img, "resize"), size, max_size)
    mode = _mode(interpolation)
    if (height, width) == size_of(img):
        return img
    if is_pil(img):
        return img.resize((width, height), getattr(pillow().Resampling, _pillow_name(mode)))
    if isinstance(img, Tensor):
        return _resize_tensor(img, height, width, mode, antialias is not False)
    return resample_bytes(pixels_of(img, "resize"), height, width, mode)


def _resize_tensor(img: Tensor, height: int, width: int, mode: InterpolationMode, antialias: bool) -> Tensor:
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT, InterpolationMode.BILINEAR,
                    InterpolationMode.BICUBIC):
        raise ValueError(f"resize: tensors are not resized by {mode.value}, only pictures are")
    if mode is InterpolationMode.BICUBIC and not antialias:
        raise NotImplementedError("resize: bicubic without antialias is not in Pellucid")
    x = img._data
    whole = x.dtype.kind != "f"
    y = resample_floats(x.astype(np.float32) if whole else x, height, width, mode, antialias)
    if whole:
        limits = np.iinfo(x.dtype)
        y = np.clip(np.rint(y), limits.min, limits.max).astype(x.dtype)
    return wrap(np.ascontiguousarray(y))


def _wanted(old: tuple[int, int], size: int | Sequence[int], max_size: int | None) -> tuple[int, int]:
    """The height and width that `size` means for a picture of the old height and width."""
    if not isinstance(size, int) and len(size) == 2:
        if max_size is not None:
            raise ValueError("resize: max_size goes with one number for the shorter side only")
        return int(size[0]), int(size[1])
    shorter = size if isinstance(size, int) else size[0]
    if max_size is not None and max_size <= shorter:
        raise ValueError(f"resize: max_size {max_size} must be above the shorter side, {shorter}")
    height, width = old
    new_short, new_long = shorter, int(shorter * max(old) / min(old))
    if max_size is not None and new_long > max_size:
        new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_short, new_long) if height <= width else (new_long, new_short)


def _mode(interpolation: Any) -> InterpolationMode:
    """The mode, also from Pillow's numbers."""
    if isinstance(interpolation, int) and not isinstance(interpolation, InterpolationMode):
        return list(_NUMBERED)[list(_NUMBERED.values()).index(int(interpolation))]
    return InterpolationMode(interpolation)


_NUMBERED = {InterpolationMode.NEAREST: 0, InterpolationMode.LANCZOS: 1, InterpolationMode.BILINEAR: 2,
             InterpolationMode.BICUBIC: 3, InterpolationMode.BOX: 4, InterpolationMode.HAMMING: 5}


def _pillow_name(mode: InterpolationMode) -> str:
    return "NEAREST" if mode is InterpolationMode.NEAREST_EXACT else mode.name


def _on_pixels(img: Any, asker: str, change: Callable[[np.ndarray, int], np.ndarray]) -> Any:
    """Apply a function of (array, the axis of its rows) to any kind of picture."""
    if isinstance(img, Tensor):
        return wrap(np.ascontiguousarray(change(img._data, img.ndim - 2)))
    return like(np.ascontiguousarray(change(pixels_of(img, asker), 0)), img)


def _cut(x: np.ndarray, axis: int, rows: slice, columns: slice) -> np.ndarray:
    return x[(slice(None),) * axis + (rows, columns)]


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The part of a picture from (top, left); what lies outside of it is 0."""
    old_height, old_width = size_of(img, "crop")
    outside = [max(-left, 0), max(-top, 0), max(left + width - old_width, 0),
               max(top + height - old_height, 0)]
    if any(outside):
        img = pad(img, outside)
        top, left = top + outside[1], left + outside[0]
    rows, columns = slice(top, top + height), slice(left, left + width)
    return _on_pixels(img, "crop", lambda x, axis: _cut(x, axis, rows, columns))


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of a picture; a smaller picture gets a border of 0 first."""
    height, width = two(output_size)
    old_height, old_width = size_of(img, "center_crop")
    if width > old_width or height > old_height:
        wider, higher = max(width - old_width, 0), max(height - old_height, 0)
        img = pad(img, [wider // 2, higher // 2, (wider + 1) // 2, (higher + 1) // 2])
        old_height, old_width = size_of(img)
    return crop(img, round((old_height - height) / 2), round((old_width - width) / 2), height, width)


def pad(img: Any, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> Any:
    """A picture with a border: one width, [left and right, top and bottom], or [left, top, right, bottom].

    padding_mode  constant (fill), edge, reflect or symmetric
    """
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("pad: padding_mode must be constant, edge, reflect or symmetric, "
                         f"got {padding_mode!r}")
    widths = [padding] if isinstance(padding, int) else list(padding)
    if len(widths) not in (1, 2, 4):
        raise ValueError(f"pad: padding must be 1, 2 or 4 numbers, got {len(widths)}")
    left, top, right, bottom = widths * (4 // len(widths))

    def bordered(x: np.ndarray, axis: int) -> np.ndarray:
        border = [(0, 0)] * axis + [(top, bottom), (left, right)] + [(0, 0)] * (x.ndim - axis - 2)
        if padding_mode != "constant":
            return np.pad(x, border, padding_mode)  # type: ignore[call-overload]
        if isinstance(fill, (tuple, list)) and len(fill) > 1:    # a colour
            channel = axis - 1 if isinstance(img, Tensor) else 2
            parts = [np.pad(part, border, constant_values=level)
                     for part, level in zip(np.split(x, len(fill), channel), fill, strict=True)]
            return np.concatenate(parts, channel)
        return np.pad(x, border, constant_values=fill[0] if isinstance(fill, (tuple, list)) else fill)

    return _on_pixels(img, "pad", bordered)


def resized_crop(img: Any, top: int, left: int, height: int, width: int, size: int | Sequence[int],
                 interpolation: Any = InterpolationMode.BILINEAR, antialias: bool | None = True) -> Any:
    """The part of a picture, in another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img: Any) -> Any:
    """A picture with left and right exchanged."""
    return _on_pixels(img, "hflip", lambda x, axis: np.flip(x, axis + 1))


def vflip(img: Any) -> Any:
    """A picture with top and bottom exchanged."""
    return _on_pixels(img, "vflip", lambda x, axis: np.flip(x, axis))


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """A colour picture in grey, as one channel or as three equal ones.

        y = 0.299 R + 0.587 G + 0.114 B for pictures, 0.2989 R + 0.587 G + 0.114 B for tensors
    Source:  ITU-R Recommendation BT.601.
    """
    if num_output_channels not in (1, 3):
        raise ValueError(f"rgb_to_grayscale: num_output_channels must be 1 or 3, got {num_output_channels}")
    if isinstance(img, Tensor):
        if channels_of(img) == 1:
            return img                                           # also where 3 are wanted, as in torchvision
        r, g, b = (img._data[..., i:i + 1, :, :] for i in range(3))
        grey = np.float32(0.2989) * r + np.float32(0.587) * g + np.float32(0.114) * b
        return wrap(np.repeat(grey.astype(img._data.dtype), num_output_channels, axis=-3))
    pixels = pixels_of(img, "rgb_to_grayscale")
    if pixels.ndim == 3:                                         # Pillow's integers, rounded
        weighted = pixels[..., :3].astype(np.uint32) * np.array([19595, 38470, 7471], np.uint32)
        pixels = ((weighted.sum(axis=2) + 0x8000) >> 16).astype(np.uint8)
    return like(np.stack([pixels] * 3, axis=2) if num_output_channels == 3 else pixels, img)


to_grayscale = rgb_to_grayscale


def two(size: Any) -> tuple[int, int]:
    """Height and width, from one number, one in a list, or two."""
    if isinstance(size, (int, float)):
        return int(size), int(size)
    if len(size) == 1:
        return int(size[0]), int(size[0])
    if len(size) != 2:
        raise ValueError(f"size must be one number or (height, width), got {size}")
    return int(size[0]), int(size[1])

