"""Figures of single ideas: each shows the numbers that it is given."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn, plot
from pellucid.plot import style
from pellucid.train import Rates, fit

pytest.importorskip("matplotlib")


def images(figure):
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]


def words(figure):
    figure.draw_without_rendering()
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def test_activation_functions_and_their_derivatives():
    figure = plot.activation_functions(["tanh", "relu"], low=-2, high=2)
    value, slope = (line.get_xydata() for line in figure.axes[0].get_lines())
    np.testing.assert_allclose(value[:, 1], np.tanh(value[:, 0]), atol=1e-9)
    np.testing.assert_allclose(slope[:, 1], 1 - np.tanh(value[:, 0]) ** 2, atol=1e-9)
    with pytest.raises(ValueError, match="nn.functional has no 'wiggle'"):
        plot.activation_functions(["wiggle"])


def test_learning_rates_name_where_the_loss_falls_fastest():
    found = Rates(np.geomspace(1e-4, 1, 5), np.arange(5.0)[::-1], np.arange(5.0)[::-1], 1e-2, 0.1)
    figure = plot.learning_rates(found)
    assert figure.axes[0].get_xscale() == "log"
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["loss", "running mean", "falls fastest: 1.0e-02", "lowest: 1.0e-01"]


def test_gates_have_a_row_for_each_unit():
    found = {"input": np.random.RandomState(0).random_sample((6, 3)), "cell": -np.ones((6, 3))}
    figure = plot.gates(found, tokens=list("abcdef"))
    np.testing.assert_array_equal(images(figure)[0], found["input"].T)
    assert [t.get_text() for t in figure.axes[-1].get_xticklabels()] == list("abcdef")
    with pytest.raises(ValueError, match=r"input must be \(T, H\), T = 2, got \(6, 3\)"):
        plot.gates(found, tokens="ab")


def test_attributions_lie_over_their_pictures():
    pictures, flat = np.random.RandomState(0).random_sample((2, 4, 5)), np.ones((2, 4, 5))
    deep = np.random.RandomState(1).standard_normal((2, 3, 2, 2))
    figure = plot.attributions(pictures, {"saliency": flat, "integrated": deep}, ["a", "b"])
    drawn = images(figure)
    np.testing.assert_allclose(drawn[4], deep[0].sum(0))
    with pytest.raises(ValueError, match=r"2 pictures want saliency \(N, h, w\)"):
        plot.attributions(pictures, {"saliency": flat[:1]})


def test_a_neighbourhood_names_the_nearest():
    vectors = np.array([[1, 0.0], [0.9, 0.1], [0, 1], [-1, 0]])
    told = words(plot.neighbourhood(vectors, ["king", "queen", "apple", "war"], "king", nearest=2))
    assert told == {"king", "queen  0.99", "apple  0.00"}
    with pytest.raises(ValueError, match="'lord' is none of the 4 names"):
        plot.neighbourhood(vectors, ["king", "queen", "apple", "war"], "lord")


def test_small_chains_are_drawn_as_neurons():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    figure = plot.architecture(model)
    lines = [collection for collection in figure.axes[0].collections if hasattr(collection, "get_segments")]
    assert sum(len(each.get_segments()) for each in lines) == 2 * 3 + 3
    assert {"inputs\n2", "0\n3", "2\n1"} <= words(figure)


def test_large_models_are_drawn_as_blocks():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    told = words(plot.architecture(model, (1, 1, 8, 8)))
    assert {"input 1 x 8 x 8", "Conv2d", "4 x 6 x 6   40", "Linear", "10   1,450"} <= told
    assert model.training
    with pytest.raises(ValueError, match="blocks want input_shape"):
        plot.architecture(model)
    with pytest.raises(ValueError, match="not for this Sequential"):
        plot.architecture(model, neurons=True)


def test_a_film_of_training(tmp_path):
    image = pytest.importorskip("PIL.Image")
    pellucid.manual_seed(0)
    model = nn.Linear(2, 2)
    film = plot.Film(tmp_path / "film.gif", lambda each: plot.architecture(each.model), every=2, dpi=30)
    x, y = np.eye(2, dtype=np.float32), np.zeros(2, np.int64)
    fit(model, (x, y), loss=nn.CrossEntropyLoss(), optimizer=pellucid.optim.SGD(model.parameters(), lr=1.0),
        epochs=6, callbacks=[film], verbose=0)
    with image.open(tmp_path / "film.gif") as opened:
        frames = opened.n_frames
    assert len(film.frames) == 3 and frames == 3


def test_what_is_half_transparent_lies_on_white_in_a_film(tmp_path):
    """The ground of our figures is transparent: a tenth of black over it is a light grey, 230 of 255."""
    image = pytest.importorskip("PIL.Image")
    figure = style.canvas(1.0, 1.0)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.axvspan(0, 1, color="black", alpha=0.1, linewidth=0)
    film = plot.Film(tmp_path / "film.gif", dpi=20)
    film.add(figure)
    film.save()
    with image.open(tmp_path / "film.gif") as opened:
        assert abs(opened.convert("L").getpixel((10, 10)) - 230) < 3


def test_a_film_refuses_what_it_cannot_write(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="must end in .gif or .webm, got film.mp4"):
        plot.Film(tmp_path / "film.mp4")
    with pytest.raises(RuntimeError, match="there are no frames"):
        plot.Film(tmp_path / "film.gif").save()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="needs the program ffmpeg"):
        plot.Film(tmp_path / "film.webm")
