"""Section "What ran, and on what": enough to run it again and get the same numbers."""

from __future__ import annotations

import json
import shlex
from typing import Any

from pellucid.plot.records import is_number
from pellucid.plot.report.folder import Run
from pellucid.plot.report.wording import clipped, duration, measured, title
from pellucid.webpage.markup import Markup, tag

MACHINE = (("pellucid", "Pellucid"), ("python", "Python"), ("numpy", "NumPy"), ("platform", "System"),
           ("cpu", "Processor"),
           ("threads", "Threads"))
RUN = (("started", "Started"), ("seconds", "Time"), ("seed", "Seed"), ("epochs", "Epochs planned"),
       ("parameters", "Parameters"))


def section(run: Run) -> Markup | None:
    """Return the run's settings and surroundings, or None where no config was kept."""
    config = run.config
    if not config:
        return None
    settings = config.get("settings")
    parts = [pairs("The run", [(name, shown(key, config[key])) for key,
                               name in RUN if config.get(key) is not None]),
             pairs("The machine", [(n, shown(k, config[k])) for k,
                                   n in MACHINE if config.get(k) is not None]),
             pairs("The settings", list(settings.items())) if isinstance(settings, dict) else None,
             pairs("The results", [(title(k), measured(k, v)) for k, v in run.metrics.items()])]
    protocol = str(config.get("protocol") or "").strip()
    text = [tag("p", tag("b", "Protocol. "), protocol.removesuffix(".") + ".")] if protocol else []
    command = command_line(config.get("argv"))
    if command:
        text.append(tag("p", "To run it again:", class_="label"))
        text.append(tag("pre", tag("code", command), class_="command", tabindex="0"))
    model = config.get("model")
    if model:
        code = tag("pre", tag("code", clipped(model, 20_000)), class_="model", tabindex="0")
        text.append(tag("details", tag("summary", "The model"), code))
    kept = [part for part in parts if part is not None]
    return tag("section", tag("h2", "What ran, and on what"), *text, tag("div", *kept, class_="columns"),
               id="provenance")


def shown(key: str, value: Any) -> str:
    """Return one entry of config.json as text."""
    if key == "seconds" and is_number(value):
        return duration(value)
    if key in ("parameters", "epochs") and is_number(value):
        return f"{value:,}"
    if key == "started":
        return str(value).replace("T", " ")[:19]
    return str(value)


def pairs(heading: str, entries: list[tuple[Any, Any]]) -> Markup | None:
    """Return names and values as a definition list."""
    items = [tag("div", tag("dt", clipped(name, 80)), tag("dd", clipped(as_text(value), 400))) for name,
             value in entries]
    return tag("div", tag("h3", heading), tag("dl", *items), class_="pairs-block") if items else None


def as_text(value: Any) -> str:
    """Return a setting's value: text as it is, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def command_line(argv: Any) -> str:
    """Return the command that started the run, quoted for a shell; the program by its name alone."""
    if isinstance(argv, str):
        return argv
    if not isinstance(argv, list) or not argv:
        return ""
    words = [str(word) for word in argv]
    if words[0] in ("-c", "-m", ""):                      # started from within Python: there is no command
        return ""
    first = words[0].replace("\\", "/").rsplit("/", 1)[-1]
    program = "pellucid" if first in ("__main__.py", "cli.py") else first
    return " ".join(shlex.quote(word) for word in [program, *words[1:]])
