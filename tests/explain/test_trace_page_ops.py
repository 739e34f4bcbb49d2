"""The page of a trace of every operation on its samples: which cells it explains, how it draws formulas."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.explain.trace_networks import ACCOUNTS

import pellucid
from pellucid.explain.trace import page, trace
from pellucid.op import REGISTRY

OPS = [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]
# Where no formula gives one cell alone: the page says so, with these words among others.
FACTORISED = "depends on the whole matrix at once"
NOT_EXPLAINED = {
    **dict.fromkeys(("pseudo_inverse", "eigen_real", "eigen_symmetric", "svd_thin", "qr_tall", "matrix_exp"),
                    FACTORISED),
    "cholesky_factor": "two solutions with the whole triangle", "ctc": "adds up all the ways",
    "sparse_product": "an object of the program", "lstm_layer": "A projected state is not followed"}


@pytest.fixture(scope="module")
def every_op(tmp_path_factory):
    """The page of a trace in which each operation runs on all its samples, forward and backward."""
    with trace(keep="all", title="Every operation") as t:
        for op in OPS:
            for case in op.samples or []:
                run_sample(op, case)
    file = tmp_path_factory.mktemp("pages") / "ops.html"
    file.write_text(page.html(t.to_json(budget=None)), encoding="utf-8")
    return file


def run_sample(op, case):
    inputs = [pellucid.tensor(a, requires_grad=a.dtype.kind == "f" and op.rule is not None)
              if isinstance(a, np.ndarray) else a for a in case.inputs(0)]
    if any(isinstance(a, pellucid.Tensor) and a.numel() == 0 for a in inputs):
        return
    y = op.call(*inputs, **case.params)
    ys = [one for one in (y if isinstance(y, tuple) else (y,)) if one.requires_grad]
    if ys:
        rng = np.random.RandomState(1)
        pellucid.autograd.backward(ys, [pellucid.tensor(rng.standard_normal(one.shape)) for one in ys])


def test_every_operation_has_worked_numbers_or_a_reason_why_not(browser, every_op):
    assert browser.visit(every_op).complaints == []
    accounts = json.loads(browser.run(ACCOUNTS))
    wrong = [one for one in accounts if one["agrees"] is False]
    assert wrong == [], wrong[:3]
    for one in accounts:
        assert one["agrees"] or NOT_EXPLAINED.get(one["op"], "none!") in one["note"], one
    explained = {one["op"] for one in accounts if one["agrees"]}
    whole = {name for name, words in NOT_EXPLAINED.items() if words == FACTORISED} | {"ctc", "sparse_product"}
    assert explained == {op.name for op in OPS} - whole


def test_words_are_told_with_their_numbers(browser, tmp_path):
    with trace() as t:
        pellucid.floor(pellucid.tensor([2.75, -0.5]))
        pellucid.sort(pellucid.tensor([3.0, 1.0, 2.0]))
        pellucid.any(pellucid.tensor([0.0, 2.0]))
    file = tmp_path / "words.html"
    file.write_text(page.html(t.to_json()), encoding="utf-8")
    browser.open(file)

    def told(step, cell, result=0):
        browser.run(f"pellucid.go({step}, {cell}, {result})")
        return browser.run("document.querySelector('.account').innerText.replaceAll('\\u2212', '-')")

    assert "The largest whole number <= -0.5 = -1." in told(0, 1)
    assert "the 2nd smallest of 3, 1, 2 = 2" in told(1, 1)
    assert "the place of the 1st smallest of 3, 1, 2 = 1" in told(1, 0, 1)
    assert "is any not zero of 0, 2 = 1" in told(2, 0)


def test_every_formula_becomes_mathml(browser, every_op):
    browser.open(every_op)
    drawn = json.loads(browser.run("""JSON.stringify((() => {
        const {ops} = JSON.parse(document.getElementById("formulas").textContent), found = [];
        for (const [op, {backward}] of Object.entries(ops))
            for (const wanted of [null, ...Object.keys(backward)])
                found.push([op, wanted, pellucid.formula(op, wanted)]);
        return found;
    })())"""))
    assert len(drawn) > 400
    for op, wanted, markup in drawn:
        assert "=" in markup and "undefined" not in markup and "[object" not in markup, (op, wanted, markup)
    by = {(op, wanted): markup for op, wanted, markup in drawn}
    assert "<msqrt>" in by["layer_norm", None] and "<mfrac>" in by["sigmoid", None]
    assert "∑" in by["softmax", None]
    assert "<msup>" in by["square", None] and "<mtable" in by["relu", "x"] and "∂" in by["tanh", "x"]
    assert "<munder>" in by["convolution", None] and "<msub>" in by["matmul", None]
    assert sum("<math" in markup for markup in by.values()) > 0.9 * len(by)
