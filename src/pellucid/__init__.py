"""Pellucid: deep learning that you can see through, written from scratch on NumPy."""

__version__ = "0.1.0"

import warnings as _warnings

# As in PyTorch, log(0) is -inf and 0/0 is nan without a word; only warnings raised in our own modules are meant.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"pellucid\.")

from .dtypes import (  # noqa: E402
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
from .ops import *  # noqa: E402,F403
from .autograd import (  # noqa: E402
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from .tensor import Tensor  # noqa: E402

float = float32                                                  # PyTorch's names, which shadow Python's here
int = int32
bool = bool_
