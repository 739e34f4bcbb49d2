"""Each figure draws the numbers that it is given, without pyplot, without a warning, without side effects."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from pellucid import plot
from pellucid.extras import MissingExtra
from pellucid.plot import style

matplotlib = pytest.importorskip("matplotlib")


def plain_network():
    """Answers of a network that confuses 1 with 2 once."""
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.0, 0.1, 0.9], [0.2, 0.7, 0.1]])
    return np.arange(16.0).reshape(4, 2, 2), p, np.array([0, 1, 2, 1])


def grid():
    """A grid of 12 by 10 points."""
    return np.linspace(-1, 1, 12), np.linspace(-2, 2, 10)


def every_figure(digits_run):
    """One of each."""
    x, p, t = plain_network()
    gx, gy = grid()
    bowl = gx[None, :] ** 2 + gy[:, None] ** 2
    path = np.array([[-1.0, -2.0], [0.0, 0.0]])
    yield plot.learning_curves(digits_run)
    yield plot.loss_curves({"a": digits_run, "b": digits_run}, key="val_loss")
    yield plot.layer_norms(digits_run)
    yield plot.gradient_norms(digits_run)
    yield plot.update_ratios(digits_run)
    yield plot.activations(digits_run)
    yield plot.dead_units(digits_run)
    yield plot.layer_histograms(digits_run)
    yield plot.layer_histograms(digits_run, gradients=True, most=2)
    yield plot.layer_histograms(digits_run, kind="activation")
    yield plot.confusion_matrix(t, p.argmax(1), ["a", "b", "c"])
    yield plot.worst_mistakes(x, p, t, (2, 2))
    yield plot.worst_mistakes(x[:1], p[:1], t[:1], (2, 2))                       # no mistake
    yield plot.predictions(x, p, t, (2, 2))
    yield plot.predictions(x, p, t)
    yield plot.decision_boundary(path, [0, 1], gx, gy, bowl < 1)
    yield plot.decision_boundary(path, [0, 1], *np.meshgrid(gx, gy), np.stack([bowl, -bowl, 1 - bowl], 2))
    yield plot.hidden_units(gx, gy, np.stack([bowl] * 9, 2))
    yield plot.contours(gx, gy, bowl, {"descent": path}, minimum=(0, 0))
    yield plot.surface(gx, gy, bowl, {"descent": np.c_[path, [5.0, 0.0]]})


def test_every_figure_draws_and_leaves_matplotlib_as_it_was(digits_run, tmp_path):
    settings = dict(matplotlib.rcParams)
    figures = list(every_figure(digits_run))
    for figure in figures:
        assert isinstance(figure, matplotlib.figure.Figure) and figure.axes
        figure.savefig(tmp_path / "figure.png", dpi=30)
        assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
    assert len(figures) == 20 and dict(matplotlib.rcParams) == settings


def test_pyplot_is_never_imported(digits_run):
    script = (f"import sys, pellucid.plot as p; assert 'matplotlib' not in sys.modules; "
              f"p.learning_curves({str(digits_run)!r}); assert 'matplotlib.pyplot' not in sys.modules")
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_curves_hold_the_recorded_values():
    figure = plot.learning_curves({"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 2.5, 2.6],
                                   "accuracy": [0.1, 0.5, 0.9]})
    loss, accuracy = figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines[:2]] == [[3, 2, 1], [4, 2.5, 2.6]]
    assert loss.lines[2].get_xdata()[0] == 2, "the best epoch is not marked"
    assert accuracy.lines[0].get_ydata().tolist() == [0.1, 0.5, 0.9]
    alone = plot.learning_curves({"loss": [1.0]}).axes[0].lines[0]
    assert alone.get_marker() == ".", "one epoch shows nothing"


def test_losses_far_apart_get_a_logarithmic_axis():
    assert plot.loss_curves({"a": {"loss": [100.0, 1.0]}}).axes[0].get_yscale() == "log"
    assert plot.loss_curves({"a": {"loss": [2.0, 1.0]}}).axes[0].get_yscale() == "linear"
    assert plot.loss_curves({"a": {"loss": [np.nan, np.inf]}}).axes[0].get_yscale() == "linear"


def test_update_ratios_mark_one_thousandth():
    axes = plot.update_ratios([{"epoch": 1, "name": "w", "update_ratio": 0.01}]).axes[0]
    assert axes.get_yscale() == "log" and any(list(line.get_ydata()) == [1e-3, 1e-3] for line in axes.lines)


def test_the_confusion_matrix_writes_its_counts():
    axes = plot.confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]).axes[0]
    assert sorted((*text.get_position(), text.get_text()) for text in axes.texts) == [
        (0, 0, "1"), (0, 1, "1"), (1, 0, "1"), (1, 1, "2")]
    assert axes.get_title(loc="left") == "3 of 5 right"


def test_worst_mistakes_name_both_classes():
    x, p, t = plain_network()
    figure = plot.worst_mistakes(x, p, t, (2, 2), ["zero", "one", "two"])
    assert [axes.get_title() for axes in figure.axes] == ["is one, taken for\ntwo, 70% sure"]


def test_what_was_not_recorded_is_named():
    with pytest.raises(ValueError, match="no parameter recorded 'grad_norm'"):
        plot.gradient_norms([{"epoch": 1, "name": "w", "norm": 1.0}])
    with pytest.raises(ValueError, match="history holds no epoch"):
        plot.learning_curves([])
    with pytest.raises(ValueError, match=r"'f1' was not recorded by \['b'\]"):
        plot.loss_curves({"a": {"f1": [1]}, "b": {"loss": [1]}}, key="f1")
    with pytest.raises(ValueError, match=r"probabilities: \(7,\) does not fit a grid of 10 by 12"):
        plot.decision_boundary(np.zeros((1, 2)), [0], *grid(), np.zeros(7))
    with pytest.raises(ValueError, match=r"points: 3 labels want shape \(3, 2\), got \(2, 2\)"):
        plot.decision_boundary(np.zeros((2, 2)), [0, 1, 0], *grid(), np.zeros((10, 12)))


def test_a_saved_figure_is_where_the_report_looks(tmp_path):
    place = plot.save(plot.learning_curves({"loss": [2.0, 1.0]}), tmp_path, "01-two-epochs", "It <falls>.")
    html = plot.report.write(tmp_path).read_text("utf-8")
    assert place == tmp_path / "figures" / "01-two-epochs.png"
    assert 'alt="It &lt;falls&gt;."' in html and "<h3>Two epochs</h3>" in html


def test_a_missing_matplotlib_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r'pip install "pellucid\[plot\]"'):
        style.canvas(1, 1)
