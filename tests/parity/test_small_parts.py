"""Smaller modules beside PyTorch: special functions, frequencies, testing, samplers, names of old."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.parity.both import agree

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402

BOTH = (pellucid, torch)
SPREAD = np.array([-3.0, -0.7, -1e-3, 0.3, 0.999, 4.0], np.float32)
SHARE = np.array([0.01, 0.3, 0.5, 0.9, 0.999], np.float32)


@pytest.mark.parametrize("name", ["ndtr", "erf", "erfc", "expit", "exp2", "expm1"])
def test_special_of_any_number(name):
    agree(lambda m, x: getattr(m.special, name)(x), SPREAD)


@pytest.mark.parametrize("name", ["ndtri", "entr", "logit", "digamma", "psi", "gammaln", "log1p"])
def test_special_of_shares(name):
    agree(lambda m, x: getattr(m.special, name)(x), SHARE, rtol=2e-5)


def test_special_at_its_ends():
    agree(lambda m, x: m.special.entr(x), np.array([-1.0, 0.0, 1.0, np.inf, np.nan], np.float32), grad=False)
    agree(lambda m, x: m.special.ndtri(x), np.array([0.0, 1.0, 0.5], np.float32), grad=False)
    x, y = np.array([0, 0, 2, 0, 0.5], np.float32), np.array([-1, 3, 0.5, np.nan, -0.5], np.float32)
    agree(lambda m, x, y: m.special.xlog1py(x, y), x, y, grad=False)
    agree(lambda m, x, y: m.special.xlog1py(x, y), x[[2, 4]], y[[2, 4]])
    agree(lambda m, a, x: m.special.gammainc(a, x), SHARE + 1, SHARE * 3, grad=False)
    agree(lambda m, x: m.special.multigammaln(x, 2), SHARE + 2)


def test_every_name_of_special_is_pytorchs():
    assert set(pellucid.special.__all__) <= set(torch.special.__all__)


@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies(n):
    for name in ("fftfreq", "rfftfreq"):
        a, b = (getattr(m.fft, name)(n, 0.5) for m in BOTH)
        np.testing.assert_allclose(a.numpy(), b.numpy())
        assert a.numpy().dtype == b.numpy().dtype
    x = np.arange(n * 6.0).reshape(n, 6).astype("f4")
    for dim in (None, 0, -1, (0, 1)):
        agree(lambda m, x, dim=dim: m.fft.ifftshift(m.fft.fftshift(x, dim) * 2, dim), x)
        agree(lambda m, x, dim=dim: m.fft.fftshift(x, dim), x)


def test_complex_numbers_are_refused_by_name():
    for call in (lambda: pellucid.fft.rfft(pellucid.ones(4)), lambda: pellucid.stft(pellucid.ones(4), 2),
                 lambda: pellucid.view_as_complex(pellucid.ones(4, 2)), lambda: pellucid.polar(1, 2)):
        with pytest.raises(NotImplementedError, match="complex numbers"):
            call()


@pytest.mark.parametrize("a, b, options", [
    ([1.0, 2.0], [1.0, 2.00001], {}), ([1.0, 2.0], [1.0, 2.0000001], {}), ([1, 2], [1, 3], {}),
    ([1, 2], [1, 2], {}), ([1.0], [1.1], {"rtol": 0.2, "atol": 0}), ([float("nan")], [float("nan")], {}),
    ([float("nan")], [float("nan")], {"equal_nan": True}), ([1.0, 2.0], [[1.0, 2.0]], {}),
    ([True], [False], {}), ([1], [1.0], {}), ([1], [1.0], {"check_dtype": False})])
def test_assert_close(a, b, options):
    verdicts = []
    for library in BOTH:
        try:
            library.testing.assert_close(library.tensor(a), library.tensor(b), **options)
            verdicts.append(True)
        except AssertionError as problem:
            verdicts.append(False)
            assert str(problem)
    assert verdicts[0] == verdicts[1]


def test_assert_close_of_several():
    x = pellucid.ones(2, 3)
    pellucid.testing.assert_close({"a": [x, 1.0]}, {"a": [x.clone(), 1.0]})
    with pytest.raises(AssertionError, match=r"\['a'\]\[0\]: 1 of 6 elements differ .* most at \(1, 2\)"):
        y = x.clone()
        y[1, 2] = 5
        pellucid.testing.assert_close({"a": [x]}, {"a": [y]})
    with pytest.raises(AssertionError, match="^mine$"):
        pellucid.testing.assert_close(x, x + 1, msg="mine")
    for bad in ([x], [x, x, x]):
        with pytest.raises(AssertionError, match="lengths differ"):
            pellucid.testing.assert_close(bad, [x, x])
    with pytest.raises(ValueError, match="both of rtol and atol"):
        pellucid.testing.assert_close(x, x, rtol=1.0)


@pytest.mark.parametrize("n", [1, 7, 12])
@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"drop_last": True}, {"seed": 3}])
def test_the_distributed_sampler(n, options):
    for rank in range(4):
        orders = []
        for library in BOTH:
            sampler = library.utils.data.distributed.DistributedSampler(range(n), 4, rank, **options)
            sampler.set_epoch(2)
            orders.append((list(sampler), len(sampler)))
        assert orders[0] == orders[1]
    with pytest.raises(NotImplementedError, match="torch.distributed is not in Pellucid"):
        pellucid.utils.data.DistributedSampler(range(3))


@pytest.mark.parametrize("name", ["uniform", "normal", "constant", "eye", "dirac", "xavier_uniform",
                                  "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal",
                                  "sparse"])
def test_initialisations_of_old(name):
    options = {"constant": {"val": 2.0}, "sparse": {"sparsity": 0.5}}.get(name, {})
    found = []
    for library in BOTH:
        library.manual_seed(0)
        x = library.empty(4, 3, 3) if name == "dirac" else library.empty(4, 3)
        with pytest.warns(FutureWarning, match=name):
            assert getattr(library.nn.init, name)(x, **options) is x
        found.append(x.numpy())
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)


def test_functions_of_old():
    found = []
    for library in BOTH:
        p = library.nn.Parameter(library.tensor([3.0, 4.0]))
        p.grad = library.tensor([3.0, 4.0])
        with pytest.warns(FutureWarning, match="clip_grad_norm"):
            norm = library.nn.utils.clip_grad_norm([p], 1.0)
        found.append([float(norm), *p.grad.tolist()])
        library.manual_seed(0)
        layer = library.nn.utils.skip_init(library.nn.Linear, 3, 2, bias=False)
        assert layer.weight.shape == (2, 3) and layer.bias is None
        assert library.rand(1).item() == pytest.approx(0.49625659)   # the first number of seed 0
    np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize("name, options", [
    ("upsample", {"scale_factor": 2}), ("upsample_nearest", {"size": (7, 5)}),
    ("upsample_bilinear", {"size": (7, 5)})])
def test_upsample(name, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(lambda m, x: getattr(m.nn.functional, name)(x, **options), (2, 3, 4, 5))


@pytest.mark.parametrize("name, shape, options", [
    ("max_pool1d_with_indices", (2, 3, 8), {"kernel_size": 2}),
    ("max_pool2d_with_indices", (2, 3, 6, 6), {"kernel_size": 3}),
    ("max_pool3d_with_indices", (1, 2, 4, 4, 4), {"kernel_size": 2}),
    ("adaptive_max_pool1d_with_indices", (2, 3, 7), {"output_size": 3}),
    ("adaptive_max_pool2d_with_indices", (2, 3, 7, 7), {"output_size": (3, 2)})])
def test_pools_with_places(name, shape, options):
    agree(lambda m, x: getattr(m.nn.functional, name)(x, **options), shape)
