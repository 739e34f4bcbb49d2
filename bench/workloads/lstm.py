"""LSTM over a sequence of vectors, in two sizes."""

from ..sequence import Sequence

ROWS = {"lstm": Sequence("LSTM", 4, 64, 128, 50, 32).row(),
        "lstm-large": Sequence("LSTM", 4, 128, 256, 64, 64).row()}
