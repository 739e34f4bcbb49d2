"""Figures of training and of what a network learned, and the report of a run.

Each figure is a function that returns a matplotlib Figure: `figure.savefig("curves.png")` keeps it, a
notebook shows it. They need the extra `plot` (`pip install "pellucid[plot]"`), which is imported by the
first one that is called; the report (`pellucid.plot.report.write`) needs nothing but NumPy.
"""

from pellucid.plot import report
from pellucid.plot.architecture import architecture
from pellucid.plot.classes import confusion_matrix, predictions, worst_mistakes
from pellucid.plot.curves import bands, learning_curves, loss_curves
from pellucid.plot.decisions import grid_values, regret_curves
from pellucid.plot.film import Film
from pellucid.plot.findings import astonishment, roc_curves
from pellucid.plot.insight import activation_functions, attributions, gates, learning_rates, neighbourhood
from pellucid.plot.layers import (
    activations,
    dead_units,
    gradient_norms,
    layer_histograms,
    layer_norms,
    update_ratios,
)
from pellucid.plot.made import latent_map, mosaic
from pellucid.plot.maps import attention_maps, feature_maps, filters, gallery, table
from pellucid.plot.planes import contours, decision_boundary, hidden_units, surface
from pellucid.plot.sequences import alignments, forecasts, token_attention
from pellucid.plot.style import save
from pellucid.plot.watching import code_film, drawn_codes, drawn_samples, sample_film

__all__ = ["Film", "activation_functions", "activations", "alignments", "architecture",
           "astonishment", "attention_maps", "attributions", "bands", "code_film",
           "confusion_matrix", "contours", "dead_units", "decision_boundary", "drawn_codes",
           "drawn_samples", "feature_maps", "filters", "forecasts", "gallery", "gates",
           "gradient_norms", "grid_values", "hidden_units", "latent_map", "layer_histograms",
           "layer_norms", "learning_curves", "learning_rates", "loss_curves", "mosaic",
           "neighbourhood", "predictions", "regret_curves", "report", "roc_curves", "sample_film",
           "save", "surface", "table", "token_attention", "update_ratios", "worst_mistakes"]
