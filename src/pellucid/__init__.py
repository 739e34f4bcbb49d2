"""Pellucid: deep learning that you can see through, written from scratch on NumPy."""

__version__ = "0.1.0"

import warnings as _warnings
from math import e, inf, nan, pi
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
    bfloat16,
    bool_,
    cdouble,
    cfloat,
    complex64,
    complex128,
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

newaxis = None

for _name in [name for name in globals() if getattr(globals()[name], "__package__", "") == "pellucid.ops"]:
    del globals()[_name]                                         # the files of ops, which * brings along

if _TYPE_CHECKING:
    from . import datasets, explain, nn, optim, plot, recipes, text, train, utils, vision

# Parts of the library are imported when they are first named, which halves the time of the import.
_PARTS = {"accelerator", "amp", "backends", "compiler", "cuda", "datasets", "distributed", "distributions",
          "embed", "explain", "fft", "func", "hub", "jit", "layouts", "linalg", "mps", "multiprocessing",
          "nn", "onnx", "optim", "plot", "recipes", "rl", "run", "serialization", "sparse", "special",
          "testing", "text", "train", "types", "utils", "version", "vision", "xpu"}
_MEMBERS = {
    "amp": "GradScaler autocast is_autocast_enabled",
    "anomaly": "is_anomaly_check_nan_enabled is_anomaly_enabled",
    "compiler": "compile",
    "complex_numbers": "complex istft polar stft view_as_complex view_as_real",
    "explain": "summary",
    "func": "vmap",
    "nn.functional": "celu_ cosine_similarity ctc_loss pairwise_distance rrelu rrelu_ selu_ threshold_",
    "layouts": "channels_last channels_last_3d contiguous_format layout memory_format preserve_format "
               "sparse_coo strided",
    "switches": "are_deterministic_algorithms_enabled get_default_device get_deterministic_debug_mode "
                "get_float32_matmul_precision is_deterministic_algorithms_warn_only_enabled "
                "is_warn_always_enabled set_default_device set_default_tensor_type "
                "set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal "
                "set_warn_always typename use_deterministic_algorithms",
    "threads": "get_num_interop_threads get_num_threads set_num_interop_threads set_num_threads",
}
_PART_OF = {name: part for part, names in _MEMBERS.items() for name in names.split()}


def __getattr__(name):  # type: ignore[no-untyped-def]
    """Import a part, or the part that a name belongs to, when it is asked for."""
    import importlib

    if name in _PART_OF:
        return getattr(importlib.import_module(f"{__name__}.{_PART_OF[name]}"), name)
    if name in _PARTS:
        try:
            return importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise AttributeError(f"module 'pellucid' has no attribute {name!r}")


def __dir__():  # type: ignore[no-untyped-def]
    return sorted({*globals(), *_PARTS, *_PART_OF})
