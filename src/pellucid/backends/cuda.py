"""CUDA is not here. Its switches can be set: they concern a GPU's arithmetic, so they change nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True,
                         allow_bf16_reduced_precision_reduction=True, fp32_precision="none")
_attention = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def is_built() -> bool:
    """False."""
    return False


@contextlib.contextmanager
def sdp_kernel(enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True,
               enable_cudnn: bool = True) -> Iterator[None]:
    """Which kernels of attention a GPU may take; there is one formula here."""
    yield


def _switch(name: str) -> tuple[Any, Any]:
    def enabled() -> bool:
        return _attention[name]

    def enable(enabled: bool) -> None:
        _attention[name] = bool(enabled)

    enabled.__doc__ = f"What enable_{name}_sdp set, True at first; it concerns a GPU's kernels alone."
    enable.__doc__ = f"Set what {name}_sdp_enabled says; it concerns a GPU's kernels alone."
    return enabled, enable


flash_sdp_enabled, enable_flash_sdp = _switch("flash")
mem_efficient_sdp_enabled, enable_mem_efficient_sdp = _switch("mem_efficient")
math_sdp_enabled, enable_math_sdp = _switch("math")
cudnn_sdp_enabled, enable_cudnn_sdp = _switch("cudnn")
