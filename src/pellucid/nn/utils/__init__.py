"""What is done to the parameters of a model as a whole: clip their gradients, line them up in one vector."""

# ruff: noqa: F401 (names for users)
from . import rnn
from .clip import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .vector import parameters_to_vector, vector_to_parameters
