import numpy as np
import pytest

from pellucid import datasets, extras

pytest.importorskip("sklearn")


@pytest.mark.parametrize("name, shape, counts", [
    ("digits", (1797, 64), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
    ("iris", (150, 4), [50, 50, 50]),
    ("wine", (178, 13), [59, 71, 48]), ("breast_cancer", (569, 30), [212, 357])])
def test_bundled_sets(name, shape, counts):
    data = getattr(datasets, name)()
    assert data.x.shape == shape and data.x.dtype == np.float32 and data.y.dtype == np.int64
    assert np.bincount(data.y).tolist() == counts and data.n_classes == len(counts)
    assert data.name == name and data.source and data.description
    assert len(data.feature_names) in (0, shape[1])
    assert all(type(text) is str for text in (*data.class_names, *data.feature_names))


def test_digits_are_pictures_from_0_to_1():
    data = datasets.digits()
    assert data.x.min() == 0 and data.x.max() == 1 and data.images.shape == (1797, 8, 8)
    zero = data.images[data.y == 0].mean(0)              # a ring: bright around a dark middle
    assert zero[3, 3] < 0.2 < 0.5 < zero[3, 2]


def test_iris_measures_centimetres():
    data = datasets.iris()
    assert data.class_names == ("setosa", "versicolor", "virginica")
    np.testing.assert_allclose(data.x[0], [5.1, 3.5, 1.4, 0.2], rtol=1e-6)


def test_without_scikit_learn_the_command_is_named(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name="sklearn")
    monkeypatch.setattr(extras.importlib, "import_module", absent)
    with pytest.raises(ImportError, match=r'sklearn, which is not installed: pip install "pellucid\[data\]"'):
        datasets.digits()


def test_photograph_is_a_colour_picture() -> None:
    pytest.importorskip("PIL")
    picture = datasets.photograph()
    assert picture.shape == (427, 640, 3) and picture.dtype == np.float32
    assert picture.min() == 0 and picture.max() == 1
    with pytest.raises(ValueError, match="name is 'cat'"):
        datasets.photograph("cat")
