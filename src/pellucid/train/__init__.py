"""Training: the loop, what it watches, and what it keeps so that nothing is lost."""

from .callbacks import Callback, EarlyStopping
from .finite import NonFiniteLoss
from .fitting import fit
from .history import History
from .metrics import accuracy, binary_accuracy, confusion, mae, mse
from .predict import predict
from .run import Run
from .watch import Watch

__all__ = ["Callback", "EarlyStopping", "History", "NonFiniteLoss", "Run", "Watch", "accuracy",
           "binary_accuracy", "confusion", "fit", "mae", "mse", "predict"]
