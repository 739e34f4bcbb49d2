"""XOR: the smallest network worth training, so the cost of a step is all bookkeeping."""

from ..mlp import Mlp

ROWS = {"xor": Mlp((2, 8, 4, 1), 4, ("Tanh", "Tanh", ""), "BCEWithLogitsLoss", "SGD", 0.1).row()}
