"""What is done to the parameters of a model: clip gradients, line up in one vector, normalise, recompute."""

# ruff: noqa: F401 (names for users)
from . import parametrizations, parametrize, rnn
from .clip import clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .skip import skip_init
from .spectral_norm import remove_spectral_norm, spectral_norm
from .vector import parameters_to_vector, vector_to_parameters
from .weight_norm import remove_weight_norm, weight_norm
