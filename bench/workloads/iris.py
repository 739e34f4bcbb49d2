"""Iris: four measurements, three kinds of flower."""

from ..mlp import classifier

ROWS = {"iris": classifier(4, 10, 3, batch=32)}
