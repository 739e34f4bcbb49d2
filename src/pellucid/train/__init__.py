"""Training: the loop, what it watches, and what it keeps so that nothing is lost."""

from .averaging import Average
from .callbacks import Callback, EarlyStopping
from .entities import EntityScore, entity_f1
from .finite import NonFiniteLoss
from .fitting import fit
from .history import History
from .likeness import classifier_score, frechet_distance
from .metrics import accuracy, binary_accuracy, confusion, mae, mse
from .predict import predict
from .ranking import roc_auc, roc_curve
from .rate_finder import Rates, find_rate
from .run import Run
from .translations import bleu
from .watch import Watch

__all__ = ["Average", "Callback", "EarlyStopping", "EntityScore", "History", "NonFiniteLoss", "Rates", "Run",
           "Watch", "accuracy", "binary_accuracy", "bleu", "classifier_score", "confusion",
           "entity_f1", "find_rate", "fit", "frechet_distance", "mae", "mse", "predict", "roc_auc",
           "roc_curve"]
