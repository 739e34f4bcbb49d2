"""A recipe's options: texts become numbers, and what does not fit is refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pellucid import recipes
from pellucid.recipes.options import changed, defaults, nearest


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 5
    lr: float = 0.1
    dropout: float = 0.2
    weight_decay: float = 0.0
    rates: tuple = (0.1, 0.5)
    nesterov: bool = False
    name: str = "adam"
    hidden: tuple = ()                                           # none, but there could be


def test_no_numbers_are_read_where_none_are_the_default() -> None:
    assert changed(Settings, {"hidden": ""}, "x").hidden == ()
    assert changed(Settings, {"hidden": "3, 4"}, "x").hidden == (3, 4)
    with pytest.raises(ValueError, match="option rates wants numbers"):
        changed(Settings, {"rates": ""}, "x")


def test_texts_are_read_in_the_type_of_the_default() -> None:
    found = changed(Settings, {"seed": "7", "lr": "1e-3", "weight-decay": "0", "rates": "0.2, 1",
                               "nesterov": "yes", "name": "sgd"}, "x")
    assert found == Settings(seed=7, lr=1e-3, weight_decay=0.0, rates=(0.2, 1.0), nesterov=True, name="sgd")
    assert type(found.lr) is float and type(found.rates[1]) is float


def test_values_of_the_right_type_pass_and_nothing_changes_nothing() -> None:
    assert changed(Settings, {"lr": 1, "epochs": 3, "rates": [0.3], "nesterov": True}, "x").rates == (0.3,)
    assert changed(Settings, {}, "x") == Settings() and defaults(Settings)["epochs"] == 5


@pytest.mark.parametrize("name, value, wanted", [
    ("epochs", 0, "at least 1, got 0"), ("epochs", "-3", "at least 1, got '-3'"),
    ("epochs", 2.5, "whole number"),
    ("epochs", "many", "whole number"), ("epochs", True, "whole number"), ("epochs", None, "whole number"),
    ("seed", -1, "from 0 to 4294967295"), ("seed", 2 ** 32, "from 0 to 4294967295"),
    ("lr", "abc", "a number above 0, got 'abc'"), ("lr", 0, "above 0"), ("lr", "nan", "above 0"),
    ("lr", float("inf"), "above 0"), ("lr", "1e999", "above 0"), ("dropout", 1, "below 1"),
    ("dropout", -0.1, "at least 0"), ("weight_decay", -1, "at least 0"), ("rates", "", "commas"),
    ("rates", "0.1,x", "above 0, got 'x'"), ("rates", 0.5, "commas"), ("nesterov", "maybe", "true or false"),
    ("nesterov", 3, "true or false")])
def test_values_that_do_not_fit_are_refused_by_name(name: str, value: Any, wanted: str) -> None:
    with pytest.raises(ValueError, match=f"recipe toy: option {name} wants .*{wanted}"):
        changed(Settings, {name: value}, "toy")


def test_unknown_options_are_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"toy: no option 'lrr'; did you mean 'lr'\? \(it has seed, epochs"):
        changed(Settings, {"lrr": 1}, "toy")
    with pytest.raises(ValueError, match=r"no option 'zzz' \(it has"):
        changed(Settings, {"zzz": 1}, "toy")
    with pytest.raises(ValueError, match="option weight_decay is given twice"):
        changed(Settings, {"weight_decay": 1, "weight-decay": 1}, "toy")
    assert nearest("qqqq", ["digits"]) == ""


def test_unknown_recipes_are_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="called 'gradient_descent'; did you mean 'gradient-descent'"):
        recipes.load("gradient_descent")
    with pytest.raises(ValueError, match=r"no recipe is called '\.\./x' \(there are perceptron"):
        recipes.load("../x")


@pytest.mark.parametrize("name", recipes.names())
def test_defaults_fit_their_own_bounds(name: str) -> None:
    recipe = recipes.load(name)
    texts = {key: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
             for key, value in recipe.options().items()}
    assert recipe.configure(texts) == recipe.settings()
