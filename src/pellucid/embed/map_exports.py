"""Vectors for other programs that draw maps: TensorBoard's projector, Apple's Embedding Atlas."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..extras import need
from ..io import open_atomic
from .map import Map
from .vectors import matrix


def write_projector(folder: str | os.PathLike[str], vectors: Any, texts: Sequence[str],
                    groups: Sequence[Any] | None = None) -> tuple[Path, Path]:
    """Write vectors.tsv and metadata.tsv as TensorBoard's embedding projector reads them.

    A tab or a line end in a text becomes a space. Returns both paths.

    Shapes:  vectors (N, D)
    Raises:  ValueError for NaN, no vector, and unlike numbers; OSError for a folder that cannot be made.
    """
    rows = matrix(vectors, "write_projector")
    columns = {"text": texts} | ({} if groups is None else {"group": groups})
    for name, values in columns.items():
        if len(values) != len(rows):
            raise ValueError(f"write_projector: {len(rows)} vectors want as many {name}s, got {len(values)}")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    with open_atomic(place / "vectors.tsv", "w") as file:
        file.writelines("\t".join(map(str, row)) + "\n" for row in rows.tolist())
    with open_atomic(place / "metadata.tsv", "w") as file:
        if len(columns) > 1:                                      # a single column has no head there
            file.write("\t".join(columns) + "\n")
        file.writelines("\t".join(" ".join(str(value).split()) for value in row) + "\n"
                        for row in zip(*columns.values(), strict=True))
    return place / "vectors.tsv", place / "metadata.tsv"


def write_atlas(path: str | os.PathLike[str], made: Map, vectors: Any = None) -> None:
    """Write a map as Parquet for Embedding Atlas: `embedding-atlas map.parquet --text text --x x --y y`.

    Columns id, text, x, y, group where there are any, neighbors (ids and distances 1 - cosine, as Embedding
    Atlas reads them: --neighbors neighbors), z where the map has space, and vector where vectors are given.

    Raises:  MissingExtra naming `pip install "pellucid[map]"`; ValueError for unlike numbers of vectors.
    """
    arrow, parquet = need("pyarrow", extra="map"), need("pyarrow.parquet", extra="map")
    columns: dict[str, Any] = {"id": np.arange(len(made.texts)), "text": made.texts,
                               "x": made.points[:, 0], "y": made.points[:, 1]}
    if made.points_3d is not None:
        columns["z"] = made.points_3d[:, 2]
    if made.groups:
        columns["group"] = made.groups
    columns["neighbors"] = [{"ids": ids, "distances": distances} for ids, distances in
                            zip(made.neighbours.tolist(), (1 - made.cosines).tolist(), strict=True)]
    if vectors is not None:
        rows = matrix(vectors, "write_atlas")
        if len(rows) != len(made.texts):
            raise ValueError(f"write_atlas: a map of {len(made.texts)} points wants as many vectors, got "
                             f"{len(rows)}")
        columns["vector"] = arrow.FixedSizeListArray.from_arrays(arrow.array(rows.reshape(-1)), rows.shape[1])
    with open_atomic(path) as file:
        parquet.write_table(arrow.table(columns), file)
