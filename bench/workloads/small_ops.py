"""50 elementwise operations in a chain on 4 x 8 numbers: what the bookkeeping of one costs."""

from ..chain import Chain

ROWS = {"small-ops": Chain(rounds=10).row()}
