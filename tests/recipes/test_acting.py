"""Recipes of agents: short runs that resume, several seeds with what they have in common."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.recipes.short import SHORT

from pellucid import plot, recipes, rl
from pellucid.cli import main
from pellucid.recipes import value_maps
from pellucid.recipes.seeds import gathered
from pellucid.rl import PPO

SMALL = {"epochs": 2, "steps": 64, "copies": 4, "hidden": 8, "episodes": 2, "test_episodes": 2}
MORE = {"cartpole-ppo": {"rollout": 16, "passes": 2}, "cartpole-dqn": {"before": 32, "batch_size": 16},
        "cartpole-reinforce": {"between": 2}, "acrobot": {"rollout": 16, "passes": 2},
        "mountaincar": {"before": 64, "batch_size": 16}, "pendulum": {"before": 32, "batch_size": 8}}


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes leave out their pictures, which take longer than such short trainings."""
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    monkeypatch.setattr(recipes.Job, "film", lambda *_: None)
    monkeypatch.setattr(value_maps, "film_of", lambda *_: None)


@pytest.mark.parametrize("name", MORE)
def test_an_agents_recipe_goes_on_bit_for_bit(name: str, tmp_path: Path, undrawn: None,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    options = {**SMALL, **MORE[name], "verbose": 0, "report": False}
    whole = recipes.train(name, out=tmp_path / "whole", **options)
    assert set(whole.recipe.expected) <= set(whole.metrics) and whole.metrics["steps"] >= 128
    from pellucid.rl import practice

    tests = []

    def once(*arguments: object) -> np.ndarray:
        tests.append(1)
        if len(tests) == 2:
            raise KeyboardInterrupt
        return evaluate(*arguments)

    evaluate = practice.evaluate
    with monkeypatch.context() as patch, pytest.raises(recipes.Interrupted, match="after epoch 1 of 2"):
        patch.setattr(practice, "evaluate", once)
        recipes.train(name, out=tmp_path / "broken", **options)
    resumed = recipes.train(name, out=tmp_path / "broken", resume=True, verbose=0, report=False)
    assert resumed.metrics == whole.metrics
    for key, value in whole.run.load("best").items():
        assert np.array_equal(value.numpy(), resumed.run.load("best")[key].numpy())


def short(**changes: object) -> dict[str, object]:
    return {**SHORT["cartpole-ppo"], **changes}


def test_several_seeds_have_a_folder_each_and_one_report(tmp_path: Path) -> None:
    several = recipes.run_seeds("cartpole-ppo", short(seed=3), 2, out=tmp_path / "runs", verbose=0)
    assert [job.settings.seed for job in several.jobs] == [3, 4] and several.wanted == 2
    alone = recipes.train("cartpole-ppo", out=tmp_path / "alone", verbose=0, report=False, **short(seed=4))
    assert alone.metrics == several.jobs[1].metrics
    config = json.loads((tmp_path / "runs" / "config.json").read_text())
    assert config["seeds"] == [3, 4] and config["metrics"]["seeds_that_reach"] == several.reached == 0
    assert config["metrics"]["test_return"] == pytest.approx(np.mean(several.metrics["test_return"]))
    rows = [json.loads(line) for line in (tmp_path / "runs" / "metrics.jsonl").read_text().splitlines()]
    each = [job.run.read_rows("metrics.jsonl") for job in several.jobs]
    assert rows[1]["val_return"] == pytest.approx(np.mean([of[1]["val_return"] for of in each]))
    page = (tmp_path / "runs" / "report.html").read_text()
    assert "could not be drawn" not in page and "Return Over 2 Seeds".lower() in page.lower()
    with pytest.raises(ValueError, match="already holds"):
        recipes.run_seeds("cartpole-ppo", short(), 2, out=tmp_path / "runs", verbose=0)


def test_interrupted_seeds_go_on(tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    learn, calls = PPO.learn, []

    def once(agent: PPO, steps: int) -> dict[str, float]:
        calls.append(1)
        if len(calls) == 4:                                       # the second epoch of the second seed
            raise KeyboardInterrupt
        return learn(agent, steps)

    how = {"verbose": 0, "report": False}
    with monkeypatch.context() as patch, pytest.raises(recipes.Interrupted, match="1 of 2 seeds.*--seeds 2"):
        patch.setattr(PPO, "learn", once)
        recipes.run_seeds("cartpole-ppo", short(), 2, out=tmp_path / "broken", **how)
    again = recipes.run_seeds("cartpole-ppo", short(), 2, out=tmp_path / "broken", resume=True, **how)
    whole = recipes.run_seeds("cartpole-ppo", short(), 2, out=tmp_path / "whole", **how)
    assert again.metrics == whole.metrics
    with pytest.raises(ValueError, match="--resume needs --out"):
        recipes.run_seeds("cartpole-ppo", {}, 2, resume=True)
    with pytest.raises(ValueError, match="at least 2"):
        recipes.run_seeds("cartpole-ppo", {}, 1)


def test_the_command_tells_of_every_seed(tmp_path: Path, undrawn: None,
                                         capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("typer")
    settings = [f"--set={key}={value}" for key, value in short().items()]
    code = main(["train", "cartpole-ppo", "--seeds", "2", "--json", "--quiet", *settings,
                 "--out", str(tmp_path / "runs")])
    told = json.loads(capfd.readouterr().out)
    assert code == 0 and told["seeds"] == [0, 1] and len(told["metrics"]["test_return"]) == 2
    assert told["seeds_that_reach"] == 0 and told["reached"] is False


def test_curves_of_unequal_length_are_gathered() -> None:
    found = gathered([[{"epoch": 1, "loss": 2.0, "seconds": 1.0}], [{"epoch": 1, "loss": 1.0},
                                                                     {"epoch": 2, "loss": 0.5}]])
    assert list(found) == ["loss"]
    np.testing.assert_array_equal(found["loss"], [[2.0, np.nan], [1.0, 0.5]])


def test_bands_reach_from_the_lowest_to_the_highest() -> None:
    pytest.importorskip("matplotlib")
    figure = plot.curves.bands([1, 2], {"return": [[1.0, 3.0], [2.0, np.nan]]}, y_label="return")
    area = figure.axes[0].collections[0].get_paths()[0].get_extents()
    assert (area.y0, area.y1) == (1.0, 3.0)
    np.testing.assert_array_equal(figure.axes[0].lines[-1].get_ydata(), [1.5, 3.0])
    with pytest.raises(ValueError, match="bands: return has 1 values, x has 2"):
        plot.curves.bands([1, 2], {"return": [[1.0]]})


@pytest.mark.parametrize("name, agent", [("CartPole", "DQN"), ("MountainCar", "DQN"), ("Acrobot", "PPO"),
                                         ("Pendulum", "SAC")])
def test_what_is_expected_and_done_is_mapped(name: str, agent: str) -> None:
    made = getattr(rl, agent)(rl.make_vector(name, 2), seed=0)
    plane = value_maps.PLANES[name]
    x, y, values, actions = value_maps.over_plane(made, 5)
    assert (x[0], x[-1], y[0], y[-1]) == (plane.low[0], plane.high[0], plane.low[1], plane.high[1])
    state = np.zeros((1, made.env.states.shape[1]))
    state[0, plane.first], state[0, plane.second] = x[3], y[1]
    seen = made.env.world.observe(state)
    assert values[1, 3] == pytest.approx(made.value(seen)[0], rel=1e-5)
    assert actions[1, 3] == pytest.approx(made.act(seen).item(), rel=1e-5)
    pytest.importorskip("matplotlib")
    drawn = value_maps.figure_of(plane, x, y, values, actions, "epoch 1").axes
    assert drawn[0].get_title(loc="left") == "epoch 1" and drawn[1].get_xlabel() == plane.labels[0]
    legend = drawn[1].get_legend()
    assert ([text.get_text() for text in legend.get_texts()] if legend else (drawn[2].get_ylabel(),)) == (
        list(plane.actions) if legend else plane.actions)


def test_the_film_of_a_training_shows_its_epochs(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    job = recipes.train("cartpole-ppo", out=tmp_path / "run", verbose=0, report=False, **short(epochs=3))
    found = list((tmp_path / "run" / "figures").glob("*while-it-learns.gif"))
    with image.open(found[0]) as film:
        assert len(found) == 1 and film.n_frames == 3
    assert job.run.path("observations.npz").exists()
