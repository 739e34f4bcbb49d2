"""What falls short of the bars, in sentences."""

from __future__ import annotations

from typing import Any

from bench.bars import shortfalls


def test_what_falls_short_is_told() -> None:
    def row(name: str, ratio: float, part: float | None, vs: str = "torch") -> dict[str, Any]:
        return {"row": name, "ratio": ratio, "floor_fraction": part, "vs": vs, "ours": "pellucid"}

    assert shortfalls([row("gpt", 1.0, 0.5), row("xor", 2.0, 0.01)], "torch") == []
    below, floor = shortfalls([row("xor", 0.9, None), row("vae", 1.5, 0.4)], "torch")
    assert below == "Below 1 times: xor 0.90." and floor.startswith("Below half of its floor: vae 40%. 5")
    assert shortfalls([row("xor", 0.2, None, "jax")], "jax") == []
    assert "iris 2.90. MyGrad's" in shortfalls([row("iris", 2.9, None, "mygrad")], "mygrad")[0]
