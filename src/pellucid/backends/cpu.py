"""What the processor can do."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """The widest instructions that NumPy found: "AVX512", "AVX2", ... or "DEFAULT"."""
    import numpy as np

    extensions = (np.show_config(mode="dicts") or {}).get("SIMD Extensions", {})
    found = " ".join([*extensions.get("baseline", ()), *extensions.get("found", ())])
    wide = [name for name in ("AVX512", "AVX2", "SVE256", "ASIMD", "VSX", "ZVECTOR") if name in found]
    return wide[0] if wide else "DEFAULT"
