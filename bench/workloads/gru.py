"""GRU over a sequence of vectors, in two sizes."""

from ..sequence import Sequence

ROWS = {"gru": Sequence("GRU", 3, 64, 128, 50, 32).row(),
        "gru-large": Sequence("GRU", 3, 128, 256, 64, 64).row()}
