"""The page of a trace in headless Chromium: step through, click a cell, fold a module, check its numbers.

The numbers are checked twice: the page against what the trace recorded, and here against the trace alone.
"""

from __future__ import annotations

import base64
import html
import json
import math
from functools import partial

import numpy as np
import pytest
from tests.browser import CONTRAST
from tests.explain.trace_networks import ACCOUNTS, NETWORKS

from pellucid.explain.trace import page


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
    empty = browser.run("""STEPS.filter(step => {
        pellucid.go(step);
        return !document.querySelector('main canvas, main .quiet')
            || document.querySelectorAll('#steps [aria-selected=true]').length !== 1;
    })""".replace("STEPS", str(list(range(0, count, 1 + count // 20)))))
    assert empty == []                                                   # each can be looked at
    press(browser, "End")
    assert browser.run("pellucid.state().step") == count - 1
    press(browser, "Home")
    assert browser.run("pellucid.state().step") == 0
    assert "undefined" not in browser.run("document.body.innerText")
    visit = browser.seen(file)
    assert visit.requests == [] and visit.complaints == []


def test_the_numbers_put_into_formulas_are_those_of_the_trace(browser, network):
    record, file = network
    browser.open(file)
    accounts = json.loads(browser.run(ACCOUNTS))
    assert {one["phase"] for one in accounts} >= {"forward", "backward"}
    close, kept = partial(math.isclose, rel_tol=1e-6, abs_tol=1e-12), {}

    def number(value, cell):
        if value not in kept:
            kept[value] = numbers(record, value).tolist()
        return kept[value][cell]

    for one in accounts:
        assert one["agrees"] is True, one
        recorded = number(one["value"], one["cell"])
        assert close(one["recorded"], recorded), one
        for term in one["terms"] or ():
            product = term["scale"]
            for factor in term["factors"]:
                product *= factor["number"]
                known = factor["value"] is None or close(factor["number"],
                                                         number(factor["value"], factor["cell"]))
                assert known, (one, factor)
            assert close(term["number"], product), (one, term)
        if one["terms"]:
            total = sum(term["number"] for term in one["terms"])
            scale = max(abs(term["number"]) for term in one["terms"])
            assert math.isclose(total, recorded, rel_tol=1e-4, abs_tol=2e-5 * scale + 1e-7), one


def test_a_matrix_product_is_written_out(browser, made):
    record, file = made("mlp")
    browser.open(file)
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
    browser.open(file)
    assert browser.run("[4, 5].map(cell => pellucid.account(1, 0, cell).agrees)") == [True, False]
    browser.run("pellucid.go(1, 5)")
    assert "which this does not give" in browser.run("document.querySelector('.verdict.missed').innerText")


def test_a_click_on_a_cell_explains_it(browser, made):
    _, file = made("cnn")
    browser.open(file)
    click(browser, "figure.target canvas", across=0.99, down=0.99)
    assert browser.run("pellucid.state().cell") == 14 * 14 - 1
    text = browser.run("document.querySelector('.account').innerText")
    assert "convolution 1[0, 0, 13, 13]" in text and "the same, up to rounding" in text
    assert text.count(" · ") == 1 + 4                    # in words; a corner sees 2 x 2 of the 3 x 3 weights
    click(browser, "figure:not(.target) canvas")
    assert "an input" in browser.run("document.getElementById('asked').innerText")


def test_slices_begin_where_there_is_something_to_see(browser, made):
    record, file = made("cnn")
    browser.open(file)
    second = [step["id"] for step in record["steps"] if step["op"] == "convolution"][1]
    browser.run(f"pellucid.go({second}, {5 * 9 + 1})")                   # y[0, 5, 0, 1] reads weight[5]
    text = "[...document.querySelectorAll('figure')].find(e => e.innerText.includes('6×4×3×3')).innerText"
    assert "[4, 0, ·, ·] to [5, 3, ·, ·] of 6×4" in browser.run(text)


def test_a_long_formula_stands_below_the_head(browser, made):
    _, file = made("cnn")
    browser.open(file, width=1100)
    lines = "[...document.querySelectorAll('.formulas > .formula')]"
    for step in (0, 1, 2, 12, 22):
        browser.run(f"pellucid.go({step})")
        assert browser.run(lines + ".some(e => e.scrollWidth > e.clientWidth + 1)") is False


def test_the_arrow_keys_read_a_map_and_explain_each_cell(browser, made):
    _, file = made("mlp")
    browser.open(file)
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
    browser.open(file)
    reached = set()
    for _ in range(40):
        press(browser, "Tab")
        reached.add(browser.run("(e => e.id || e.dataset?.fold && 'fold' || e.className?.baseVal || "
                                "e.className || e.textContent.slice(0, 9))(document.activeElement)"))
    assert {"theme", "graph", "fold", "maps", "option0"} <= reached, reached


def test_modules_fold_and_unfold(browser, made):
    _, file = made("cnn")
    browser.open(file)
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
    browser.open(file)
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
    browser.open(file)
    backwards = browser.run("""[...document.querySelectorAll('#graph .wire')].filter(e => {
        const end = e.getTotalLength(); return e.getPointAtLength(end).x < e.getPointAtLength(0).x;
    }).length""")
    assert backwards == 0 and browser.run("document.querySelectorAll('#graph .wire').length") > 10


def test_backward_plays_in_its_order(browser, made):
    record, file = made("mlp")
    browser.open(file)
    backward = [step["id"] for step in record["steps"] if step["phase"] == "backward"][:5]
    browser.run("window.setInterval = beat => { window.beat = beat; return 1; }; null")
    press_button(browser, "Backward")
    seen = [browser.run("pellucid.state().step")]
    assert "topological" in browser.run("document.querySelector('#order details[open]').innerText")
    for _ in backward[1:]:
        seen.append(browser.run("window.beat(); pellucid.state().step"))
    assert seen == backward
    badges = browser.run("[...document.querySelectorAll('#graph .badge.passed text')]"
                         ".map(e => Number(e.textContent))")
    assert sorted(badges) == [1, 2, 3, 4, 5]


def test_summarised_values_show_statistics_a_histogram_and_a_corner(browser, tmp_path):
    record = NETWORKS["cnn"]().to_json(budget=3000)
    assert any(value["data"] is None and value["corner"] for value in record["values"])
    file = tmp_path / "summarised.html"
    file.write_text(page.html(record), encoding="utf-8")
    browser.open(file)
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
    browser.open(file, dark=dark)
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
    browser.open(file, width=width, height=800)
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
