"""Layers, losses, and the Module that networks are built from. Names, arguments and `state_dict` keys are PyTorch's."""

from . import parameter
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .module import Module
from .parameter import Buffer, Parameter
