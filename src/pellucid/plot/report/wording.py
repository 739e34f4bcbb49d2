"""Numbers and lists as a reader wants to see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pellucid.plot.records import is_number, number

SHARES = ("accuracy", "precision", "recall", "f1", "auc", "dead_share")
LOWER_IS_BETTER = ("loss", "error", "mse", "mae", "rmse", "mape", "perplexity", "distance", "seconds",
                   "steps")
ACRONYMS = {"mse": "MSE", "mae": "MAE", "rmse": "RMSE", "mape": "MAPE", "f1": "F1", "auc": "AUC",
            "xor": "XOR", "lr": "learning rate", "rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "tcn": "TCN",
            "gpt": "GPT", "vit": "ViT", "cnn": "CNN", "mnist": "MNIST", "etth1": "ETTh1"}
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_share(name: str, value: Any = 0.0) -> bool:
    """Tell whether a metric of this name is a share of one, to be written in per cent."""
    return any(word in name.lower() for word in SHARES) and 0 <= number(value) <= 1


def lower_is_better(name: str) -> bool:
    """Tell whether a smaller value of the metric of this name is the better one."""
    return any(word in name.lower().split("_") for word in LOWER_IS_BETTER)


def plain(value: Any, digits: int = 3) -> str:
    """Return a number for reading: `digits` significant digits, powers of ten outside 0.001 to 99,999.

    >>> plain(0.012345), plain(1234567), plain(1.5e-7), plain(float("nan")), plain(3.0)
    ('0.0123', '1,234,567', '1.5×10⁻⁷', 'NaN', '3')
    """
    x = number(value)
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("∞" if x > 0 else "−∞")
    if x == int(x) and abs(x) < 1e15:
        return minus(f"{int(x):,}" if abs(x) < 1e9 else power(x, digits))
    if not 1e-3 <= abs(x) < 1e5:
        return minus(power(x, digits))
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(x))))
    text = f"{x:,.{decimals}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text and decimals > digits else text)


def power(x: float, digits: int = 3) -> str:
    """Return x as a mantissa and a power of ten.

    >>> power(0.00015), power(1e-3)
    ('1.5×10⁻⁴', '10⁻³')
    """
    mantissa, exponent = f"{x:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    ten = "10" + str(int(exponent)).translate(SUPERSCRIPT)
    return ten if mantissa == "1" else f"{mantissa}×{ten}"


def minus(text: str) -> str:
    """Return text with a true minus sign."""
    return text.replace("-", "−")


def percent(value: Any, digits: int = 2) -> str:
    """Return a share in per cent, never rounded up to a full 100 %.

    >>> [percent(share).replace("\u202f", " ") for share in (0.98056, 1, 0.99999)]
    ['98.06 %', '100 %', '99.99 %']
    """
    x = number(value)
    if not math.isfinite(x):
        return plain(x)
    if x in (0, 1):
        return f"{x * 100:.0f}\u202f%"
    scale = 10 ** digits
    shown = math.floor(x * 100 * scale) / scale if round(x * 100, digits) >= 100 > x * 100 else x * 100
    return f"{minus(f'{shown:.{digits}f}')}\u202f%"


def measured(name: str, value: Any) -> str:
    """Return the value of a metric as its name asks for: in per cent, or as a plain number, or as text."""
    if isinstance(value, bool) or not is_number(value):
        return "NaN" if value is None else str(value)
    return percent(value) if is_share(name, value) else plain(value, 4)


def title(name: Any) -> str:
    """Return an identifier as words with a capital: test_accuracy -> Test accuracy.

    >>> title("val_top-5_accuracy")
    'Validation top-5 accuracy'
    """
    words = str(name).replace("_", " ").strip()
    words = "validation " + words[4:] if words.startswith("val ") else words
    words = " ".join(ACRONYMS.get(word.lower(), word) for word in words.split(" "))
    return words[:1].upper() + words[1:]


def duration(seconds: Any) -> str:
    """Return a length of time: 3.2 s, 2 min 05 s, 1 h 03 min."""
    s = number(seconds)
    if not math.isfinite(s) or s < 0:
        return "unknown"
    if s < 60:
        return f"{s:.1f}\u202fs" if s >= 0.1 or s == 0 else f"{s * 1000:.0f}\u202fms"
    minutes, rest = divmod(int(round(s)), 60)
    if minutes < 60:
        return f"{minutes}\u202fmin {rest:02d}\u202fs"
    return f"{minutes // 60}\u202fh {minutes % 60:02d}\u202fmin"


def count(n: int, word: str, many: str | None = None) -> str:
    """Return a number with its noun: 1 epoch, 1,234 epochs, no epochs."""
    return f"{n:,} {word}" if n == 1 else f"{n or 'no':{',' if n else ''}} {many or word + 's'}"


def listed(names: Sequence[Any]) -> str:
    """Return names as a list in a sentence: a, b and c."""
    words = [str(name) for name in names]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def clipped(text: Any, length: int) -> str:
    """Return text of at most `length` characters, an ellipsis in its middle: names often differ at the end.

    >>> clipped("encoder.layers.11.norm.weight", 17)
    'encoder.…m.weight'
    """
    text = str(text)
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return text[:length - 1 - tail].rstrip() + "…" + text[len(text) - tail:].lstrip()


def bytes_of(size: float) -> str:
    """Return a size in bytes, kB or MB (powers of 1000)."""
    if size < 1000:
        return f"{size:.0f} bytes"
    return f"{size / 1000:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
