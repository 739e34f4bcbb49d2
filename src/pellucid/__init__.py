"""Pellucid: deep learning that you can see through, written from scratch on NumPy."""

__version__ = "0.1.0"

import warnings as _warnings
from typing import TYPE_CHECKING as _TYPE_CHECKING

# As in PyTorch, log(0) is -inf and 0/0 is nan without a word. Warnings raised in other modules stay.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"pellucid\.")

from . import tuning                                             # before anything that loads NumPy
from . import autograd, generator
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .dtypes import (
    bool_,
    device,
    double,
    dtype,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .generator import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .io import load, save
from .ops import *
from .tensor import OpError, Tensor

float = float32                                                  # PyTorch's names, which shadow Python's here
int = int32
bool = bool_
random = generator  # type: ignore[misc]                         # torch.random: seeds and states

if _TYPE_CHECKING:
    from . import datasets, nn, optim, plot, recipes, train, utils

_ON_FIRST_USE = ("datasets", "nn", "optim", "plot", "recipes", "train", "utils")


def __getattr__(name):  # type: ignore[no-untyped-def]
    """Parts of the library are imported when they are first named, which halves the time of the import."""
    if name in _ON_FIRST_USE:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
