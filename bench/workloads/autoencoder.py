"""An autoencoder with the widths of PyTorch's example of a variational one."""

from ..mlp import Mlp

ROWS = {"autoencoder": Mlp((784, 400, 20, 400, 784), 128, ("ReLU", "", "ReLU", "Sigmoid"), "MSELoss").row()}
