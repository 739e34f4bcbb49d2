"""Which PyTorch the names, defaults, errors and random streams are those of."""

from __future__ import annotations

from . import __version__ as pellucid_version

pytorch = "2.13.0"
__version__ = f"{pytorch}+pellucid{pellucid_version}"            # what a script finds in torch.__version__
cuda = hip = xpu = None
debug = False
git_version = "unknown"
