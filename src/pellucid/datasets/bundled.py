"""Real sets that come with scikit-learn, so that they need no download: `pip install "pellucid[data]"`."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.datasets.samples import Samples
from pellucid.extras import need


def digits() -> Samples:
    """1,797 handwritten digits of 8 x 8 pixels, each pixel from 0 (white) to 1 (black).

    Shapes:  x (1797, 64), y (1797,)
    Source:  Alpaydin & Kaynak 1998, "Optical Recognition of Handwritten Digits" (its test part), UCI,
             CC BY 4.0.
    Differs: from scikit-learn, whose pixels go from 0 to 16.
    Raises:  MissingExtra without scikit-learn.
    """
    raw = _load("digits")
    return Samples((raw.data / 16).astype(np.float32), raw.target.astype(np.int64), tuple("0123456789"),
                   image_shape=(8, 8), name="digits", description="handwritten digits, 8 x 8 pixels",
                   source="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits, UCI")


def iris() -> Samples:
    """150 irises of three species: length and width of sepal and petal in cm.

    Shapes:  x (150, 4), y (150,)
    Source:  Fisher 1936, "The use of multiple measurements in taxonomic problems".
    Raises:  MissingExtra without scikit-learn.
    """
    return _table("iris", "irises of three species", "Fisher 1936, The use of multiple measurements")


def wine() -> Samples:
    """178 wines from three growers of one region: 13 chemical measurements, each in a unit of its own.

    Shapes:  x (178, 13), y (178,)
    Source:  Aeberhard & Forina 1992, "Wine", UCI; CC BY 4.0.
    Raises:  MissingExtra without scikit-learn.
    """
    return _table("wine", "wines of three growers", "Aeberhard & Forina 1992, Wine, UCI")


def breast_cancer() -> Samples:
    """569 tumours, malignant (0) or benign (1): 30 measurements of cell nuclei, each in a unit of its own.

    Shapes:  x (569, 30), y (569,)
    Source:  Wolberg, Mangasarian, Street & Street 1993, "Breast Cancer Wisconsin (Diagnostic)", UCI,
             CC BY 4.0.
    Raises:  MissingExtra without scikit-learn.
    """
    return _table("breast_cancer", "tumours, malignant or benign",
                  "Wolberg et al. 1993, Breast Cancer Wisconsin (Diagnostic), UCI")


def photograph(name: str = "china") -> np.ndarray:
    """A real photograph in colour: "china", a temple, or "flower".

    Shapes:  (427, 640, 3) float32, each value from 0 to 1
    Source:  china.jpg by danielbuechele and flower.jpg by vultilion in scikit-learn, CC BY 2.0.
    Raises:  MissingExtra without scikit-learn or Pillow; ValueError for another name.
    """
    if name not in ("china", "flower"):
        raise ValueError(f"photograph: name is {name!r}, wants 'china' or 'flower'")
    need("PIL", extra="data")                            # scikit-learn reads the JPEG by it
    pixels = need("sklearn.datasets", extra="data").load_sample_image(f"{name}.jpg")
    return np.divide(pixels, 255, dtype=np.float32)


def _load(name: str) -> Any:
    return getattr(need("sklearn.datasets", extra="data"), f"load_{name}")()


def _table(name: str, description: str, source: str) -> Samples:
    """A table of measurements as scikit-learn holds it."""
    raw = _load(name)
    class_names, feature_names = tuple(map(str, raw.target_names)), tuple(map(str, raw.feature_names))
    return Samples(raw.data.astype(np.float32), raw.target.astype(np.int64), class_names, feature_names,
                   name=name, description=description, source=source)
