"""HTML and SVG from Python calls. Every text and every attribute is escaped, unless it already is Markup."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

EMPTY = {"meta", "link", "img", "br", "hr"}                             # HTML's elements without an end tag
SHAPES = {"path", "line", "rect", "circle", "image", "stop", "use"}     # SVG's, which close themselves
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Markup(str):
    """Text that is markup already, and is not escaped again."""


def escape(text: Any) -> Markup:
    """Return `text` safe inside an element or a quoted attribute; characters that HTML forbids become U+FFFD.

    >>> escape("<b> & 'c'")
    '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(CONTROL.sub("\ufffd", str(text))))


def join(parts: Iterable[Any], between: str = "") -> Markup:
    """Join parts, each escaped unless it is Markup; None is left out."""
    return Markup(between.join(escape(part) for part in parts if part is not None))


def tag(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """Return one element; `class_` is written class, `stroke_width` stroke-width, and None is left out.

    >>> tag("p", "a < b", class_="note")
    '<p class="note">a &lt; b</p>'
    >>> tag("rect", x=1.0, width=0.333333)
    '<rect x="1" width="0.33"/>'
    """
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{attribute(value)}"'
                      for key, value in attributes.items() if value is not None and value is not False)
    if name in SHAPES and not children:
        return Markup(f"<{name}{written}/>")
    if name in EMPTY:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")


def attribute(value: Any) -> str:
    """Return the text of an attribute: True is empty, numbers keep two decimals, the rest is escaped."""
    if value is True:
        return ""
    if isinstance(value, (float, np.floating)):
        return short(float(value))
    return escape(value)


def short(value: float) -> str:
    """Return a coordinate with at most two decimals and no trailing zeros.

    >>> short(12.0), short(0.126), short(-0.001)
    ('12', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def path(xs: Iterable[float], ys: Iterable[float]) -> str:
    """Return the `d` of a line through the points; a coordinate that is not finite lifts the pen.

    >>> path([0, 1, 2, 3], [5, float("nan"), 5.25, 6])
    'M0 5M2 5.2L3 6'
    """
    steps, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if not (math.isfinite(x) and math.isfinite(y)):
            pen = "M"
            continue
        steps.append(f"{pen}{one_decimal(x)} {one_decimal(y)}")
        pen = "L"
    return "".join(steps)


def one_decimal(value: float) -> str:
    """Return a coordinate of a path: one decimal is a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def data(values: Any) -> Markup:
    """Return a script element that holds `values` as JSON for the page's script, floats at 5 digits."""
    return json_element(finite(values))


def json_element(values: Any, **attributes: Any) -> Markup:
    """Return a script element that holds `values` as JSON, every digit; nothing in it can end the element."""
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return tag("script", Markup(text), type="application/json", **attributes)


def finite(values: Any) -> Any:
    """Return nested values with NaN and infinity as None, which JSON can say, and floats at 5 digits."""
    if isinstance(values, dict):
        return {str(key): finite(value) for key, value in values.items()}
    if isinstance(values, (list, tuple, np.ndarray)):
        return [finite(value) for value in values]
    if isinstance(values, (float, np.floating)):
        return float(f"{float(values):.5g}") if math.isfinite(values) else None
    return values.item() if isinstance(values, np.generic) else values
