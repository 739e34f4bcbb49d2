"""Ready-made parametrizations, under PyTorch's names."""

# ruff: noqa: F401 (names for users)
from .spectral_norm import parametrized_spectral_norm as spectral_norm
from .weight_norm import parametrized_weight_norm as weight_norm
