"""The page of a trace without a browser: its formulas as trees, what it embeds, what it refuses."""

from __future__ import annotations

import json
import re

import pytest
from tests.explain.trace_networks import NETWORKS

import pellucid
import pellucid.nn  # noqa: F401 (its operations)
from pellucid.explain.trace import page, trace
from pellucid.explain.trace.documents import of
from pellucid.explain.trace.page_formula import expression, names_in, segments
from pellucid.explain.trace.page_reader import Unreadable
from pellucid.op import REGISTRY

OPS = [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]


def n(x):
    return ["number", float(x), str(x)]


def v(name):
    return ["name", name]


@pytest.mark.parametrize("text, tree", {
    "x y": ["*", v("x"), v("y")],
    "x / 2 y": ["*", ["/", v("x"), n(2)], v("y")],                       # from left to right
    "-g y^2": ["minus", ["*", v("g"), ["^", v("y"), n(2)]]],
    "e^-x": ["^", v("e"), ["minus", v("x")]],
    "sum e^x / N": ["/", ["over", "sum", "", ["^", v("e"), v("x")]], v("N")],
    "sum g y": ["over", "sum", "", ["*", v("g"), v("y")]],               # a sum takes all factors
    "n mean(h n)": ["*", v("n"), ["over", "mean", "", ["*", v("h"), v("n")]]],
    "sum_{c, k} w[o, c]": ["over", "sum", "c, k", ["at", v("w"), v("o"), v("c")]],
    "ln x y": ["*", ["function", "ln", v("x")], v("y")],                 # a function takes one
    "tanh^2 x": ["power of", "tanh", n(2), v("x")],
    "|x - y|": ["abs", ["-", v("x"), v("y")]],
    "max(x, 0) + 1.5": ["+", ["call", "max", v("x"), n(0)], n(1.5)],
    "g where 0 < x <= 1, else 0":
        ["cases", [[v("g"), ["and", ["<", n(0), v("x")], ["<=", v("x"), n(1)]]]], n(0)],
    "a @ b^T": ["@", v("a"), ["^", v("b"), v("T")]],
    "lr m^ / (sqrt(v^) + eps)":
        ["/", ["*", v("lr"), v("m^")], ["+", ["function", "sqrt", v("v^")], v("eps")]],
    "g / (number of ties)": ["/", v("g"), ["words", "number of ties"]],
}.items(), ids=str)
def test_a_formula_becomes_a_tree(text, tree):
    assert expression(text, {"lr"}) == tree


@pytest.mark.parametrize("text", ["x summed by place", "x +", "(x", "g where", "x ) y", "", "the values",
                                  "x[0"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(Unreadable):
        expression(text, {"x", "g"})


def test_a_line_parts_into_definitions_exceptions_and_words():
    line = "y  = x P        P = (1 + erf(x / sqrt 2)) / 2        0 where x = 0   twice over"
    parts = segments(line, {"x"})
    assert [sorted(part) for part in parts] == [["head", "left", "sign", "text", "trees"]] * 2 + [
        ["except", "text"], ["text"]]
    assert [part["text"] for part in parts][2:] == ["0 where x = 0", "twice over"]
    several = segments("t = tanh(a x),  a = sqrt(2 / pi),  b = 0.044715", {"x"})
    assert [part["left"] for part in several] == ["t", "a", "b"]


def told(op):
    """The lines of an operation's docstring as the page reads them."""
    entry = of(op)
    lines = [*entry.formula, *entry.derivatives.values(), *entry.where]
    known = set(op.names) | set(op.keywords) | names_in(lines)
    return [part for line in lines for part in segments(line, known)], lines


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_formula_is_read_or_shown_as_it_stands(op):
    parts, lines = told(op)
    shown = "".join(re.sub(r"[\s,;:]", "", part["text"]) for part in parts)
    for line in lines:                                                   # no word is lost
        for word in re.findall(r"\w+", line):
            assert word in shown, f"{op.name}: {word!r} of {line!r} is lost"
    assert json.loads(json.dumps(parts)) == parts


def test_most_formulas_are_read():
    read = [op.name for op in OPS
            if any("trees" in part and part["left"][0] == "y" for part in told(op)[0])]
    assert len(read) > 0.75 * len(OPS), sorted({op.name for op in OPS} - set(read))
    assert {"linear", "softmax", "layer_norm", "attention", "convolution"} <= set(read)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_is_one_file_and_small(name):
    text = page.html(NETWORKS[name]().to_json())
    assert len(text.encode()) < 2_000_000
    code = re.sub(r'<script type="application.*?</script>', "", text, flags=re.S)
    addresses = set(re.findall(r"https?://[^\s\"'<>]*", code))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert "default-src &#x27;none&#x27;" in markup
    assert re.findall(r'(?:src|href)="([^"]*)"', markup) == ["data:,"]


def test_a_hostile_name_stays_a_name():
    evil = "</script><script>document.title='taken'</script>"
    with trace(title=evil) as t:
        pellucid.tensor([1.0]) * 2
    text = page.html(t.to_json())
    assert text.count("</script>") == 3 and evil not in text


def test_a_trace_of_another_version_is_refused():
    with pytest.raises(ValueError, match="expects a trace of version 1, got version 2"):
        page.html({"version": 2})


def test_an_empty_trace_has_a_page():
    with trace() as t:
        pass
    assert "<!DOCTYPE html>" in page.html(t.to_json())
