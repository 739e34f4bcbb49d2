"""Run code that was written for PyTorch: `import torch` means Pellucid, and nothing else changes.

    pellucid run train.py --epochs 3           a script with its own arguments
    pellucid run --check train.py              what it uses that is not here, without running it
    python -m pellucid.run train.py            the same without the command line's packages

    with pellucid.run.as_torch():              in code
        import torch
"""

from .check import check
from .context import as_torch
from .script import run_script

__all__ = ["as_torch", "check", "run_script"]
