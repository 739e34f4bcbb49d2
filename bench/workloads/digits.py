"""The small handwritten digits: pictures of 8 x 8."""

from ..mlp import classifier

ROWS = {"digits": classifier(64, 64, 10, batch=32)}
