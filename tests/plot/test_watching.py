"""Films of samples and of codes: a frame for each epoch, in the report, whole after an interruption."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim, plot
from pellucid.models.autoencoder import Autoencoder, AutoencoderConfig
from pellucid.train import Callback, Run, fit

pytest.importorskip("matplotlib")
image = pytest.importorskip("PIL.Image")
X = np.random.RandomState(0).rand(20, 16).astype(np.float32)


class Stop(Callback):
    """Interrupt in the second epoch."""

    def on_batch_end(self, training: Any, loss: float) -> None:
        if training.epoch == 1:
            raise KeyboardInterrupt


class Go(Callback):
    """Nothing, in its place."""


def filmed(folder: Path, last: Callback, resume: bool = False) -> Run:
    """Three epochs of a small autoencoder with a code of two numbers, filmed twice."""
    pellucid.manual_seed(0)
    model, run = Autoencoder(AutoencoderConfig(16, (), 2)), Run(folder)
    x = pellucid.tensor(X)
    films = [plot.sample_film(run, lambda: model(x[:6]), columns=3),
             plot.code_film(run, model.encode, x, np.arange(20) % 2, ["even", "odd"], reach=2.0)]
    fit(model, (X, X), loss=nn.MSELoss(), optimizer=optim.Adam(model.parameters()), epochs=3,
        callbacks=[*films, last], run=run, resume=resume, verbose=0)
    return run


def frames(path: Path) -> list[np.ndarray]:
    """The pictures of a GIF."""
    film = image.open(io.BytesIO(path.read_bytes()))
    found = []
    for i in range(film.n_frames):
        film.seek(i)
        found.append(np.asarray(film.convert("RGB")))
    return found


def test_films_have_a_frame_for_each_epoch_and_stand_in_the_report(tmp_path: Path) -> None:
    run = filmed(tmp_path, Go())
    paths = sorted(path.name for path in run.path("figures").iterdir())
    assert paths == ["01-samples-while-it-learns.gif", "01-samples-while-it-learns.txt",
                     "02-the-codes-while-it-learns.gif", "02-the-codes-while-it-learns.txt"]
    for path in run.path("figures").glob("*.gif"):
        shown = frames(path)
        assert len(shown) == 3 and not np.array_equal(shown[0], shown[2])
    page = plot.report.write(run.folder).read_text("utf-8")
    assert "Samples while it learns" in page and "Where the encoder puts each sample" in page


def test_a_film_of_an_interrupted_training_is_whole(tmp_path: Path) -> None:
    whole = filmed(tmp_path / "whole", Go())
    with pytest.raises(KeyboardInterrupt):
        filmed(tmp_path / "broken", Stop())
    resumed = filmed(tmp_path / "broken", Go(), resume=True)
    paths = sorted(path.name for path in whole.path("figures").iterdir())
    assert paths == sorted(path.name for path in resumed.path("figures").iterdir())
    for name in paths:
        a, b = (run.path("figures") / name for run in (whole, resumed))
        assert a.read_bytes() == b.read_bytes()


def test_what_is_no_picture_is_refused() -> None:
    class Training:
        epoch = 1

    for shape in ((4, 3, 2, 2), (4, 7)):
        with pytest.raises(ValueError, match=r"make\(\) must return \(N, H, W\), .* got"):
            plot.drawn_samples(lambda shape=shape: np.zeros(shape))(Training())
    figure = plot.drawn_samples(lambda: np.full((4, 1, 2, 3), 0.5), columns=2)(Training())
    assert np.asarray(figure.axes[0].get_images()[0].get_array()).shape == (5, 7)
