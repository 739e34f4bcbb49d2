"""What each row should reach, and what keeps those from it that do not."""

from __future__ import annotations

from typing import Any

# The least ratio against each peer. JAX compiles a whole step into one program: it is there to compare with.
RATIOS = {"torch": 1.0, "sklearn": 3.0, "mygrad": 3.0, "tinygrad": 3.0, "jax": 0.0}
# Rows whose time should be matrix products, and the least part of their floor.
MATRIX_BOUND = ("mnist-mlp-large", "vae", "gpt", "encoder-infer", "conv-block")
LEAST_OF_FLOOR = 0.5

# What limits a row that falls short; under "" what limits all of a peer's.
WHY = {
    "vae": "5 products of 128 rows take half of the step, at two thirds of the matrix rate; the rest is 22 "
           "operations on 128 x 784 and 128 x 400 numbers, each a pass over memory, and Adam on 10 tensors.",
    "gpt": "51 products of 768 rows take half of the step, at some 70 % of the rate that 1024 x 1024 reach, "
           "as what they read comes from memory; attention, GELU, norms and AdamW are the rest.",
    ("sklearn", ""): "scikit-learn's training loop is NumPy without a graph, with the same BLAS: where "
                     "products are most of the step, its time less the bookkeeping is the floor of both.",
    ("mygrad", ""): "MyGrad's adapter runs the same NumPy products with a graph of a few nodes and an "
                    "optimiser without state_dict, hooks or dtype rules. On the smallest rows both spend "
                    "their time in Python, some 5 us an operation; on the large ones both wait for the BLAS.",
}


def of_ratio(vs: str) -> float:
    """The least ratio against a peer."""
    return RATIOS.get(vs, 1.0)


def short_of_floor(row: dict[str, Any]) -> bool:
    """Is it a row of matrix products that stays below its part of the floor?"""
    return (row["vs"] == "torch" and row["ours"] == "pellucid" and row["row"] in MATRIX_BOUND
            and row["floor_fraction"] is not None and row["floor_fraction"] < LEAST_OF_FLOOR)


def shortfalls(rows: list[dict[str, Any]], vs: str) -> list[str]:
    """Sentences about what stays below the bars, and why."""
    lines = []
    below = [f"{row['row']} {row['ratio']:.2f}" for row in rows
             if row["ratio"] is not None and row["ratio"] < of_ratio(vs)]
    if below:
        lines.append(f"Below {of_ratio(vs):g} times: {', '.join(below)}. {WHY.get((vs, ''), '')}".rstrip())
    for row in filter(short_of_floor, rows):
        lines.append(f"Below half of its floor: {row['row']} {row['floor_fraction']:.0%}. "
                     f"{WHY.get(row['row'], '')}".rstrip())
    return lines
