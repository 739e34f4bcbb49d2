"""Transforms of pictures: values against Pillow and by hand, PyTorch's random numbers, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.vision import transforms as T

Image = pytest.importorskip("PIL.Image")
RNG = np.random.RandomState(0)
GREY = RNG.randint(0, 256, (9, 13)).astype(np.uint8)
COLOUR = RNG.randint(0, 256, (9, 13, 3)).astype(np.uint8)


def array(x: Any) -> np.ndarray:
    return x.numpy() if isinstance(x, pellucid.Tensor) else np.asarray(x)


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("from_pillow", [True, False])
def test_to_tensor(pixels: np.ndarray, from_pillow: bool) -> None:
    y = T.ToTensor()(Image.fromarray(pixels) if from_pillow else pixels)
    expected = (pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)) / np.float32(255)
    assert y.dtype == pellucid.float32 and np.array_equal(y.numpy(), expected.astype(np.float32))
    back = T.ToPILImage()(y)
    assert np.array_equal(np.asarray(back), pixels)


def test_to_tensor_gives_the_default_dtype() -> None:
    pellucid.set_default_dtype(pellucid.float64)
    try:
        assert np.array_equal(T.ToTensor()(GREY).numpy(), GREY[None] / 255)
    finally:
        pellucid.set_default_dtype(pellucid.float32)
    assert np.array_equal(T.ToTensor()(GREY.astype(np.float32)).numpy(), GREY[None])     # floats stay


def test_normalize() -> None:
    x = T.ToTensor()(COLOUR)
    y = T.Normalize((0.5, 0.4, 0.3), (0.1, 0.2, 0.4))(x)
    mean, std = (np.array(v, np.float32)[:, None, None] for v in ((0.5, 0.4, 0.3), (0.1, 0.2, 0.4)))
    np.testing.assert_allclose(y.numpy(), (x.numpy() - mean) / std, rtol=1e-6)
    assert T.Normalize((0.5,), (0.1,), inplace=True)(x) is x


@pytest.mark.parametrize("pixels", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("size, expected", [(6, (6, 8)), ((5, 4), (5, 4)), (18, (18, 26)), ([7], (7, 10))])
def test_resize_is_pillows(pixels: np.ndarray, size: Any, expected: tuple[int, int]) -> None:
    picture = Image.fromarray(pixels)
    y = T.Resize(size)(picture)
    smooth, nearest = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
    assert np.array_equal(np.asarray(y), np.asarray(picture.resize(expected[::-1], smooth)))
    y = T.Resize(size, interpolation=T.InterpolationMode.NEAREST)(picture)
    assert np.array_equal(np.asarray(y), np.asarray(picture.resize(expected[::-1], nearest)))


def test_resize_of_tensors() -> None:
    x = pellucid.from_numpy(np.arange(16, dtype=np.float32).reshape(1, 4, 4))
    np.testing.assert_allclose(T.Resize(2, antialias=False)(x).numpy(), [[[2.5, 4.5], [10.5, 12.5]]])
    assert T.Resize((3, 5))(x).shape == (1, 3, 5)
    assert T.Resize(2, max_size=3)(pellucid.ones(1, 4, 8)).shape == (1, 1, 3)


def test_parts_and_borders() -> None:
    assert np.array_equal(array(T.CenterCrop((3, 5))(Image.fromarray(GREY))), GREY[3:6, 4:9])
    padded = array(T.Pad((1, 2), fill=7)(Image.fromarray(GREY)))
    assert padded.shape == (13, 15) and (padded[:2] == 7).all() and np.array_equal(padded[2:-2, 1:-1], GREY)
    reflected = T.Pad(2, padding_mode="reflect")(pellucid.from_numpy(GREY[None]))
    assert np.array_equal(reflected.numpy()[0], np.pad(GREY, 2, "reflect"))


def test_random_crop_draws_pytorchs_places() -> None:
    """The places are two draws of randint, as in torchvision."""
    pellucid.manual_seed(5)
    y = T.RandomCrop(4, padding=2)(pellucid.from_numpy(GREY[None]))
    pellucid.manual_seed(5)
    top, left = (int(pellucid.randint(0, n, (1,))) for n in (9 + 4 - 4 + 1, 13 + 4 - 4 + 1))
    assert np.array_equal(y.numpy()[0], np.pad(GREY, 2)[top:top + 4, left:left + 4])
    assert np.array_equal(array(T.RandomCrop((9, 13))(Image.fromarray(GREY))), GREY)
    assert array(T.RandomCrop(20, pad_if_needed=True)(Image.fromarray(GREY))).shape == (20, 20)


def test_random_flips() -> None:
    pellucid.manual_seed(0)
    flip, x = T.RandomHorizontalFlip(), pellucid.from_numpy(GREY[None])
    seen = [np.array_equal(flip(x).numpy()[0], GREY[:, ::-1]) for _ in range(200)]
    pellucid.manual_seed(0)
    assert seen == [float(pellucid.rand(1)) < 0.5 for _ in range(200)] and 60 < sum(seen) < 140
    assert np.array_equal(array(T.RandomHorizontalFlip(1.0)(Image.fromarray(GREY))), GREY[:, ::-1])
    assert np.array_equal(array(T.RandomVerticalFlip(1.0)(Image.fromarray(GREY))), GREY[::-1])
    assert np.array_equal(array(T.RandomHorizontalFlip(0.0)(Image.fromarray(GREY))), GREY)


def test_a_part_in_a_fixed_size() -> None:
    pellucid.manual_seed(0)
    for _ in range(20):
        part = T.RandomResizedCrop.get_params(Image.fromarray(GREY), (0.2, 0.9), (0.5, 2.0))
        top, left, height, width = part
        assert 0 <= top <= 9 - height and 0 <= left <= 13 - width and 0.1 < height * width / GREY.size < 1
    assert array(T.RandomResizedCrop(5)(Image.fromarray(COLOUR))).shape == (5, 5, 3)


def test_grey() -> None:
    y = array(T.Grayscale()(Image.fromarray(COLOUR)))
    assert np.array_equal(y, np.asarray(Image.fromarray(COLOUR).convert("L")))
    assert array(T.Grayscale(3)(Image.fromarray(COLOUR))).shape == (9, 13, 3)


def test_several() -> None:
    both = T.Compose([T.ToTensor(), T.Lambda(lambda x: x * 2), T.Normalize((0.5,), (0.5,))])
    np.testing.assert_allclose(both(GREY).numpy(), (GREY[None] / 255 * 2 - 0.5) / 0.5, rtol=1e-5, atol=1e-6)
    assert repr(both).splitlines() == ["Compose(", "    ToTensor()", "    Lambda()",
                                       "    Normalize(mean=(0.5,), std=(0.5,))", ")"]
    pellucid.manual_seed(0)
    apply = T.RandomApply([T.Lambda(lambda x: x + 1)], p=0.3)
    assert 30 < sum(apply(0) for _ in range(200)) < 90
    assert {T.RandomChoice([T.Lambda(lambda x: 1), T.Lambda(lambda x: 2)])(0) for _ in range(50)} == {1, 2}
    assert T.RandomOrder([T.Lambda(lambda x: x + [1]), T.Lambda(lambda x: x + [2])])([]) in ([1, 2], [2, 1])


@pytest.mark.parametrize("call, error, words", [
    (lambda: T.ToTensor()("a picture"), TypeError, "to_tensor: .*str"),
    (lambda: T.Normalize((0.5,), (0.5,))(GREY), TypeError, "normalize"),
    (lambda: T.Normalize((0.5,), (0.5,))(pellucid.from_numpy(GREY[None])), TypeError, "floating"),
    (lambda: T.Normalize((0.5,), (0.0,))(pellucid.ones(1, 2, 2)), ValueError, "std"),
    (lambda: T.Normalize((0.5, 0.1), (0.5, 0.1))(pellucid.ones(3, 2, 2)), (ValueError, RuntimeError), "2|3"),
    (lambda: T.RandomCrop(20)(Image.fromarray(GREY)), ValueError, "20 x 20 does not fit into a .* of 9 x 13"),
    (lambda: T.Resize((1, 2, 3)), TypeError, r"size must be one number or \(height, width\)"),
    (lambda: T.Lambda(3), TypeError, "lambd must be a function, got int"),
    (lambda: T.Pad(1, padding_mode="twist")(Image.fromarray(GREY)), ValueError, "twist"),
    (lambda: T.Grayscale(2)(Image.fromarray(COLOUR)), ValueError, "2"),
])
def test_refusals(call: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        call()
