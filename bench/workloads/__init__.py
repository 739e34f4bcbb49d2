"""The rows of the bench, one file per workload, each written once for whatever `torch` is passed to it."""

from __future__ import annotations

import importlib

from ..row import Row

FILES = ("xor", "iris", "digits", "mnist_mlp", "autoencoder", "vae", "lenet", "mnist_cnn", "conv_block",
         "char_rnn", "lstm", "gru", "gpt", "encoder_infer", "contrastive", "gan", "cartpole_ppo",
         "optimizers", "small_ops", "import_time")


def families() -> dict[str, dict[str, Row]]:
    """Every file's rows, by the name of its first: what a name on the command line asks for."""
    found = [importlib.import_module(f".{name}", __name__).ROWS for name in FILES]
    return {next(iter(rows)): rows for rows in found}


def every_row() -> dict[str, Row]:
    """All rows by name."""
    return {name: row for rows in families().values() for name, row in rows.items()}


def workload_of(row: str) -> str:
    """The workload that a row belongs to, under the name of its first row."""
    return next((name for name, rows in families().items() if row in rows), row)
