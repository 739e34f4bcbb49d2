"""MNIST without convolutions, in a small size and in one that is bound by matrix products."""

from ..mlp import classifier

ROWS = {"mnist-mlp": classifier(784, 256, 128, 10, batch=128),
        "mnist-mlp-large": classifier(784, 512, 512, 10, batch=256)}
