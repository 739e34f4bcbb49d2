"""A trace as one HTML page that works offline: its graph, each step there and back, formulas with numbers."""

from __future__ import annotations

import inspect
from math import isfinite
from typing import Any

from pellucid.explain.trace.page_formula import names_in, segments
from pellucid.op import REGISTRY, Op
from pellucid.webpage.document import document, source
from pellucid.webpage.markup import Markup, json_element, tag

SCRIPTS = ("page_values.js", "page_math.js", "page_parts.js", "page_places.js", "page_account.js",
           "page_special.js", "page_words.js", "page_matrix.js", "page_layout.js", "page_graph.js",
           "page_heat.js", "page_told.js", "page.js")
MARK = "M12 2.5 21.5 12 12 21.5 2.5 12Z"                  # three panes of glass, one behind the other

# What happens inside an operation that holds several: each step for one unit, by the letters of the page.
INNER = {
    "rnn_layer": ["y = tanh(z + s)"],
    "rnn_layer of relu": ["y = max(z + s, 0)"],
    "gru_layer": ["r = sigmoid(m_r + s_r)", "z = sigmoid(m_z + s_z)", "n = tanh(m_n + r s_n)",
                  "y = (1 - z) n + z h"],
    "lstm_layer": ["i = sigmoid(m_i + s_i)", "f = sigmoid(m_f + s_f)", "u = tanh(m_u + s_u)",
                   "o = sigmoid(m_o + s_o)", "c = f c_old + i u", "y = o tanh c"],
    "glu": ["s = 1 / (1 + e^-b)", "y = a s"],
    "glu, first half": ["s = 1 / (1 + e^-b)", "da = g s"],
    "glu, second half": ["s = 1 / (1 + e^-b)", "db = g a s (1 - s)"],
    "row_distances": ["y = sqrt(s)"],
    "huber_error": ["d = x - y", "c = min(max(d, -delta), delta)", "y = c d - c^2 / 2"],
    "sign of a determinant": ["y = sign(d)"],
    "logarithm of a determinant": ["y = ln(|d|)"],
    "inverse": ["y = C / d"],
    "cholesky": ["y = (a - s) / d"],
    "cholesky, on the diagonal": ["y = sqrt(a - s)"],
    "SGD": ["d = g + weight_decay p", "p = p - lr d"],
    "SGD, momentum": ["d = g + weight_decay p", "p = p - lr b"],
    "SGD, Nesterov": ["d = g + weight_decay p", "p = p - lr (d + momentum b)"],
    "Adam": ["m^ = m / (1 - b1^t)", "v^ = v / (1 - b2^t)", "p = p - lr m^ / (sqrt(v^) + eps)"],
    "AdamW": ["m^ = m / (1 - b1^t)", "v^ = v / (1 - b2^t)",
              "p = p - lr weight_decay p - lr m^ / (sqrt(v^) + eps)"],
}
SETTINGS = {"weight_decay", "lr", "momentum", "b1", "b2"}


def html(trace: dict[str, Any]) -> str:
    """Return a trace, as `to_json` describes it, as one page that asks the network for nothing.

    Raises:  ValueError for a trace of a version that this page cannot read.
    """
    if trace.get("version") != 1:
        raise ValueError(f"html: expects a trace of version 1, got version {trace.get('version')!r}")
    title = str(trace.get("title") or "Trace")
    return document(f"{title} · Pellucid trace", body(title), json_element(trace, id="trace"),
                    json_element(formulas(trace), id="formulas"), style=source(__file__, "page.css"),
                    script=script())


def script() -> str:
    """Return the page's script: its files in one scope."""
    return "(() => {\n\"use strict\";\n" + "\n".join(source(__file__, name) for name in SCRIPTS) + "\n})();\n"


def formulas(trace: dict[str, Any]) -> dict[str, Any]:
    """Return the formulas of every operation of the trace as trees, and those of what happens inside some."""
    return {"ops": {name: trees(entry, inputs_of(trace, name)) for name, entry in trace["ops"].items()},
            "defaults": {name: defaults_of(REGISTRY[name]) for name in trace["ops"] if name in REGISTRY},
            "inner": {name: [part for line in lines for part in segments(line, SETTINGS)]
                      for name, lines in INNER.items()}}


def defaults_of(op: Op) -> dict[str, Any]:
    """Return the settings of an operation that a call may leave out, those that JSON can say."""
    found = {one.name: one.default for one in inspect.signature(op.body).parameters.values()}
    plain = (type(None), bool, int, tuple)
    return {name: value for name, value in found.items()
            if isinstance(value, plain) or isinstance(value, float) and isfinite(value)}


def inputs_of(trace: dict[str, Any], op: str) -> set[str]:
    """Return the names of what an operation is given: inputs and settings."""
    names = {*REGISTRY[op].names, *REGISTRY[op].keywords} if op in REGISTRY else set()
    for step in trace["steps"]:
        if step["op"] == op:
            names.update(step.get("input_names") or (), step.get("params") or (), step.get("settings") or ())
    return names


def trees(entry: dict[str, Any], inputs: set[str]) -> dict[str, Any]:
    """Return one operation's formula, derivatives and helping definitions: trees, and words between them."""
    forward, where = entry.get("formula") or [], entry.get("where") or []
    slopes = entry.get("derivatives") or {}
    known = inputs | set(slopes) | names_in([*forward, *where, *slopes.values()])
    return {"forward": [part for line in forward for part in segments(line, known)],
            "backward": {name: segments(line, known) for name, line in slopes.items()},
            "where": [part for line in where for part in segments(line, known)]}


def body(title: str) -> Markup:
    """Return what the page shows before its script fills it, and where each part goes."""
    panes = [tag("path", d=MARK, transform=f"translate({shift} 0)", class_=f"pane pane{i}")
             for i, shift in enumerate((0, 7, 14))]
    brand = tag("p", tag("svg", *panes, viewBox="0 0 38 24", class_="logo", aria_hidden="true"),
                tag("span", "Pellucid"), tag("span", "trace", class_="kind"), class_="brand")
    head = tag("header", brand, tag("h1", title), tag("p", id="facts"),
               tag("button", "Dark", id="theme", type="button"))
    graph = tag("section", tag("h2", "The graph", class_="unseen"), tag("div", id="tools"),
                tag("div", id="graph", tabindex="0", role="group", aria_label="Graph of the forward pass"),
                tag("p", "There are too many steps outside of modules to draw them.", id="crowded",
                    hidden=True),
                tag("div", id="order"), id="overview")
    steps = tag("nav", tag("h2", "Steps"), tag("div", id="steps"), id="list", aria_label="Steps")
    still = tag("noscript", tag("p", "This page draws itself with its own script, which is off."))
    return tag("div", head, still,
               tag("div", id="notes"), graph,
               tag("div", steps, tag("main", id="step", aria_live="off"), class_="columns"),
               tag("p", id="said", class_="unseen", role="status"), class_="page")
