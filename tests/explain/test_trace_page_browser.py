"""The page of a trace in headless Chromium: step through, click a cell, fold a module, check its numbers.

The numbers are checked twice: the page against what the trace recorded, and here against the trace alone.
"""

from __future__ import annotations

import base64
import html
import json
import math

import numpy as np
import pytest
from tests.explain.trace_networks import NETWORKS
from tests.plot.browser import BASH, CHROMIUM, Browser
from tests.plot.test_browser import CONTRAST

import pellucid
from pellucid.explain.trace import page, trace
from pellucid.op import REGISTRY

pytestmark = pytest.mark.skipif(not (CHROMIUM and BASH), reason="no Chromium on this machine")

# Accounts of up to three cells of everything that the steps of a page made.
ACCOUNTS = """JSON.stringify((() => {
    const trace = JSON.parse(document.getElementById("trace").textContent), found = [];
    for (const step of trace.steps) {
        const made = {forward: step.outputs, backward: step.gradients, update: [step.after]}[step.phase];
        made.forEach((id, index) => {
            const count = id === null ? 0 : trace.values[id].shape.reduce((a, b) => a * b, 1);
            for (const cell of new Set([0, count >> 1, count - 1])) if (count) {
                const op = step.phase === "backward" ? trace.steps[step.of].op : step.op;
                const account = pellucid.account(step.id, index, cell);
                found.push({step: step.id, phase: step.phase, op, index, value: id, cell, ...account});
            }
        });
    }
    return found;
})())"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all pages, with an empty profile of its own."""
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A function that gives the trace of a network and its page, made once."""
    kept = {}

    def make(name):
        if name not in kept:
            record = NETWORKS[name]().to_json()
            file = tmp_path_factory.mktemp("pages") / f"{name}.html"
            file.write_text(page.html(record), encoding="utf-8")
            kept[name] = record, file
        return kept[name]

    return make


@pytest.fixture(params=NETWORKS)
def network(request, made):
    """The trace of a network and its page."""
    return made(request.param)


def press(browser, key, times=1):
    for _ in range(times):
        for kind in ("keyDown", "keyUp"):
            browser.tell("Input.dispatchKeyEvent", type=kind, key=key, code=key)


def click(browser, selector, across=0.5, down=0.5):
    browser.point(selector, across, down)
    left, top, width, height = browser.run(
        "(r => [r.left, r.top, r.width, r.height])"
        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        browser.tell("Input.dispatchMouseEvent", type=kind, x=left + across * width, y=top + down * height,
                     button="left", clickCount=1)


def press_button(browser, text):
    browser.run(f"[...document.querySelectorAll('#tools button')]"
                f".find(button => button.textContent.includes({json.dumps(text)}))?.click()")


def numbers(record, value):
    """All numbers of a value of the trace, from its list or its bytes."""
    entry = record["values"][value]
    if isinstance(entry["data"], str):
        return np.frombuffer(base64.b64decode(entry["data"]), np.dtype("<" + entry["coding"]))
    return np.array([float(x) for x in entry["data"]])


def test_the_page_steps_through_the_trace_and_asks_for_nothing(browser, network):
    record, file = network
    visit = browser.visit(file)
    assert visit.requests == [] and visit.complaints == []
    count = len(record["steps"])
    press(browser, "ArrowRight", 5)
    assert browser.run("pellucid.state().step") == 5
    press(browser, "ArrowLeft", 2)
    assert browser.run("pellucid.state().step") == 3
    for step in range(0, count, 1 + count // 30):                        # each can be looked at
        browser.run(f"pellucid.go({step})")
        assert browser.run("document.querySelectorAll('main canvas, main .quiet').length") > 0
        assert browser.run("document.querySelectorAll('#steps [aria-selected=true]').length") == 1
    press(browser, "End")
    assert browser.run("pellucid.state().step") == count - 1
    press(browser, "Home")
    assert browser.run("pellucid.state().step") == 0
    assert "undefined" not in browser.run("document.body.innerText")
    visit = browser.seen(file)
    assert visit.requests == [] and visit.complaints == []


def test_the_numbers_put_into_formulas_are_those_of_the_trace(browser, network):
    record, file = network
    browser.visit(file)
    accounts = json.loads(browser.run(ACCOUNTS))
    assert {one["phase"] for one in accounts} >= {"forward", "backward"}
    for one in accounts:
        assert one["agrees"] is True, one
        recorded = numbers(record, one["value"])[one["cell"]]
        assert one["recorded"] == pytest.approx(recorded, rel=1e-6, abs=1e-12, nan_ok=True)
        for term in one["terms"] or ():
            for factor in term["factors"]:
                if factor["value"] is not None:
                    assert factor["number"] == pytest.approx(numbers(record, factor["value"])[factor["cell"]])
            product = math.prod(factor["number"] for factor in term["factors"])
            assert term["number"] == pytest.approx(product * term["scale"])
        if one["terms"]:
            total = sum(term["number"] for term in one["terms"])
            scale = max(abs(term["number"]) for term in one["terms"])
            assert total == pytest.approx(recorded, rel=1e-4, abs=2e-5 * scale + 1e-7)


def test_a_matrix_product_is_written_out(browser, made):
    record, file = made("mlp")
    browser.visit(file)
    one = json.loads(browser.run("JSON.stringify(pellucid.account(0, 0, 13))"))     # y[3, 1] of layer 0
    x, weight, bias = (numbers(record, record["steps"][0]["inputs"][i]["value"]) for i in range(3))
    factors = [term["factors"] for term in one["terms"]]
    assert [[f["name"] for f in each] for each in factors] == [["x", "weight"]] * 2 + [["bias"]]
    assert [[f["number"] for f in each] for each in factors] == [
        [x[6], pytest.approx(weight[2])], [x[7], pytest.approx(weight[3])], [pytest.approx(bias[1])]]


def test_a_number_that_was_not_computed_so_is_caught(browser, made, tmp_path):
    record = json.loads(json.dumps(made("mlp")[0]))
    spoilt = record["values"][record["steps"][1]["outputs"][0]]
    spoilt["data"][5] += 0.01
    file = tmp_path / "spoilt.html"
    file.write_text(page.html(record), encoding="utf-8")
    browser.visit(file)
    assert browser.run("[4, 5].map(cell => pellucid.account(1, 0, cell).agrees)") == [True, False]
    browser.run("pellucid.go(1, 5)")
    assert "which this does not give" in browser.run("document.querySelector('.verdict.missed').innerText")


def test_a_click_on_a_cell_explains_it(browser, made):
    _, file = made("cnn")
    browser.visit(file)
    click(browser, "figure.target canvas", across=0.99, down=0.99)
    assert browser.run("pellucid.state().cell") == 14 * 14 - 1
    text = browser.run("document.querySelector('.account').innerText")
    assert "convolution 1[0, 0, 13, 13]" in text and "the same, up to rounding" in text
    assert text.count(" · ") == 1 + 4                    # in words; a corner sees 2 x 2 of the 3 x 3 weights
    click(browser, "figure:not(.target) canvas")
    assert "an input" in browser.run("document.getElementById('asked').innerText")


def test_the_arrow_keys_read_a_map_and_explain_each_cell(browser, made):
    _, file = made("mlp")
    browser.visit(file)
    browser.run("pellucid.go(1, 0); document.querySelector('figure.target .maps').focus()")
    press(browser, "ArrowDown")
    press(browser, "ArrowRight")
    assert browser.run("pellucid.state()") == {"step": 1, "cell": 5, "target": 0}
    assert browser.run("document.activeElement.closest('figure').className") == "value target"
    assert "tanh 1[1, 1]" in browser.run("document.getElementById('said').textContent")
    press(browser, "Escape")
    press(browser, "ArrowDown")
    assert browser.run("pellucid.state().step") == 2


def test_everything_can_be_reached_with_the_tab_key(browser, made):
    _, file = made("transformer")
    browser.visit(file)
    reached = set()
    for _ in range(40):
        press(browser, "Tab")
        reached.add(browser.run("(e => e.id || e.dataset?.fold && 'fold' || e.className?.baseVal || "
                                "e.className || e.textContent.slice(0, 9))(document.activeElement)"))
    assert {"theme", "graph", "fold", "maps", "option0"} <= reached, reached


def test_modules_fold_and_unfold(browser, made):
    _, file = made("cnn")
    browser.visit(file)
    boxes = "document.querySelectorAll('#graph .node').length"
    whole = browser.run(boxes)
    name = browser.run("document.querySelectorAll('#graph .fold')[1].dataset.fold")
    click(browser, f"#graph .fold[data-fold='{name}'] text")
    box = f"document.querySelector('[data-fold=\"{name}\"]')"
    assert browser.run(f"{box}.getAttribute('aria-expanded')") == "false"
    assert browser.run(boxes) < whole
    assert browser.run("document.activeElement.dataset.fold") == name
    press(browser, "Enter")
    assert browser.run(boxes) == whole
    visit = browser.seen(file)
    assert visit.complaints == []


def test_boxes_do_not_lie_on_each_other(browser, network):
    _, file = network
    browser.visit(file)
    for unfold in (False, True):
        if unfold:
            press_button(browser, "Unfold")
        assert browser.run("""(() => {
            const boxes = [...document.querySelectorAll('#graph .body')].map(e => e.getBoundingClientRect());
            const apart = (a, b) => a.right - 1 <= b.left || b.right - 1 <= a.left
                                 || a.bottom - 1 <= b.top || b.bottom - 1 <= a.top;
            return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => !apart(a, b))).length;
        })()""") == 0


def test_wires_go_from_left_to_right(browser, made):
    _, file = made("transformer")
    browser.visit(file)
    backwards = browser.run("""[...document.querySelectorAll('#graph .wire')].filter(e => {
        const end = e.getTotalLength(); return e.getPointAtLength(end).x < e.getPointAtLength(0).x;
    }).length""")
    assert backwards == 0 and browser.run("document.querySelectorAll('#graph .wire').length") > 10


def test_backward_plays_in_its_order(browser, made):
    record, file = made("mlp")
    browser.visit(file)
    first, *_ = backward = [step["id"] for step in record["steps"] if step["phase"] == "backward"][:5]
    press_button(browser, "Backward")
    assert browser.run("pellucid.state().step") == first
    assert "topological" in browser.run("document.querySelector('#order details[open]').innerText")
    seen = browser.run("""new Promise(done => {
        const seen = [], look = setInterval(() => {
            seen.push(pellucid.state().step);
            if (seen.at(-1) === LAST) { clearInterval(look); done(seen); }
        }, 60);
    })""".replace("LAST", str(backward[-1])))
    assert sorted(set(seen)) == backward and seen == sorted(seen)
    badges = browser.run("[...document.querySelectorAll('#graph .badge.passed text')]"
                         ".map(e => Number(e.textContent))")
    assert sorted(badges) == [1, 2, 3, 4, 5]


def test_summarised_values_show_statistics_a_histogram_and_a_corner(browser, tmp_path):
    record = NETWORKS["cnn"]().to_json(budget=3000)
    assert any(value["data"] is None and value["corner"] for value in record["values"])
    file = tmp_path / "summarised.html"
    file.write_text(page.html(record), encoding="utf-8")
    browser.visit(file)
    corner = record["values"][record["steps"][0]["outputs"][0]]["corner"]
    assert corner["shape"] == [1, 1, 8, 8]
    target = "document.querySelector('figure.target')"
    assert browser.run(f"{target}.querySelector('details').open") is True
    assert "norm" in browser.run(f"{target}.innerText") and "corner" in browser.run(f"{target}.innerText")
    assert browser.run(f"{target}.querySelectorAll('.histogram rect').length") > 5
    click(browser, "figure.target canvas", across=0.99, down=0.99)
    assert browser.run("pellucid.state().cell") == 7 * 14 + 7             # its place in the whole
    for step in range(len(record["steps"])):
        browser.run(f"pellucid.go({step})")
    notes = [one["note"] for one in json.loads(browser.run(ACCOUNTS)) if one["agrees"] is None]
    assert any("was not kept, only a summary" in note for note in notes)
    assert all(one["agrees"] is not False for one in json.loads(browser.run(ACCOUNTS)))
    assert browser.seen(file).complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_light_dark_and_the_switch_between(browser, made, dark):
    _, file = made("mlp")
    browser.visit(file, dark=dark)
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    paint = "[...document.querySelector('main canvas').getContext('2d').getImageData(3, 3, 1, 1).data]"
    before, cell = browser.run(ground), browser.run(paint)
    assert (max(before) < 60) if dark else (min(before) > 200)
    for step in (0, 6, 12):
        browser.run(f"pellucid.go({step})")
        assert browser.run(CONTRAST) == []
    browser.run("pellucid.go(0); document.getElementById('theme').click()")
    after = browser.run(ground)
    assert (min(after) > 200) if dark else (max(after) < 60)
    assert browser.run(paint) != cell


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_scrolls_sideways_on_a_small_screen(browser, made, width):
    _, file = made("cnn")
    browser.visit(file, width=width, height=800)
    for step in (0, 2, 12, 20):
        browser.run(f"pellucid.go({step})")
        assert browser.run("document.documentElement.scrollWidth") <= width


def test_it_works_inside_a_frame_as_notebooks_show_it(browser, made, tmp_path):
    text = made("mlp")[1].read_text(encoding="utf-8")
    file = tmp_path / "notebook.html"
    file.write_text("<!DOCTYPE html><meta charset=utf-8><title>notebook</title><link rel=icon href=data:,>"
                    f'<iframe title="trace" width=900 height=600 srcdoc="{html.escape(text)}"></iframe>',
                    encoding="utf-8")
    visit = browser.visit(file)
    assert [one for one in visit.requests if one != "about:srcdoc"] == [] and visit.complaints == []
    inside = "document.querySelector('iframe').contentDocument"
    assert browser.run(f"{inside}.querySelectorAll('#steps [role=option]').length") > 10


@pytest.fixture(scope="module")
def every_op(tmp_path_factory):
    """The page of a trace in which each operation runs on its samples, forward and backward."""
    with trace(keep="all", title="Every operation") as t:
        for op in [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]:
            for case in (op.samples or [])[:2]:
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


def test_what_the_page_works_out_for_every_operation_is_what_was_recorded(browser, every_op):
    visit = browser.visit(every_op)
    assert visit.complaints == []
    accounts = json.loads(browser.run(ACCOUNTS))
    wrong = [one for one in accounts if one["agrees"] is False]
    assert wrong == [], wrong[:3]
    silent = [one for one in accounts if one["agrees"] is None and not one["note"]]
    assert silent == [], silent[:3]
    explained = {one["op"] for one in accounts if one["agrees"]}
    assert len(explained) > 150
    assert {"linear", "matmul", "convolution", "convolution_input", "largest_in_windows", "sum_windows_of",
            "softmax", "layer_norm", "rms_norm", "normalise_batch", "attention", "rows_of", "lstm_layer",
            "gru_layer", "rnn_layer", "cross_entropy_of_labels", "gelu_exact", "mean", "variance", "getitem",
            "cat_along", "permute"} <= explained


def test_every_formula_becomes_mathml(browser, every_op):
    browser.visit(every_op)
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
