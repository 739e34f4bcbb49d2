"""What the doctor found: each finding with its numbers, its place, its reason and its remedy."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from textwrap import fill, indent
from typing import Any

import numpy as np

from .kinds import KINDS

WIDTH = 100


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or probably wrong.

    severity: 3 where nothing can be learned, 2 where the result is worse than it need be, 1 for waste.
    """

    kind: str                                                    # a key of KINDS
    seen: str                                                    # a sentence with numbers
    layer: str = ""                                              # path and class of a module
    line: str = ""                                               # the user's: file, number, text
    confidence: float = 0.5                                      # from 0 to 1
    numbers: dict[str, Any] = field(default_factory=dict)
    follows_from: str = ""                                       # the kind that probably causes this one
    case: Any = field(default=None, repr=False, compare=False)   # what `fix` trains again

    @property
    def severity(self) -> int:
        return KINDS[self.kind].severity

    @property
    def why(self) -> str:
        return KINDS[self.kind].why.format_map(_Numbers(self.numbers))

    @property
    def do(self) -> str:
        """Code, or a line to change, that mends it."""
        return KINDS[self.kind].do.format_map(_Numbers(self.numbers))

    @property
    def where(self) -> str:
        return ", ".join(part for part in (self.layer, self.line) if part)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {"kind": self.kind, "seen": self.seen, "layer": self.layer, "line": self.line, "why": self.why,
                "do": self.do, "confidence": round(self.confidence, 2), "severity": self.severity,
                "follows_from": self.follows_from, "numbers": _plain(self.numbers)}

    def __str__(self) -> str:
        lines = [f"{self.kind}   (confidence {self.confidence:.0%}, severity {self.severity} of 3)"]
        parts = [("seen", self.seen), ("where", self.where), ("why", self.why), ("do", self.do),
                 ("follows", f"probably from: {self.follows_from}" if self.follows_from else "")]
        for name, text in parts:
            if text:
                body = text if name in ("do", "where") else fill(text, WIDTH - 11)
                lines.append(f"  {name:<9}{indent(body, ' ' * 11).lstrip()}")
        return "\n".join(lines)


class _Numbers(dict):
    def __missing__(self, key: str) -> str:
        return "..."


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    number = float(value)
    return int(number) if isinstance(value, np.integer) else number if np.isfinite(number) else None


class Diagnosis:
    """Findings, the most certain and severe first; those that follow from another come after it.

    It is a sequence; an empty one is false, and means that nothing was found.
    """

    def __init__(self, findings: Iterable[Finding] = (), title: str = "doctor",
                 notes: Iterable[str] = ()) -> None:
        self.findings = ordered(findings)
        self.title, self.notes = title, tuple(notes)

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __getitem__(self, index: Any) -> Any:
        return self.findings[index]

    @property
    def kinds(self) -> list[str]:
        return [finding.kind for finding in self.findings]

    def __add__(self, other: Diagnosis) -> Diagnosis:
        return Diagnosis([*self.findings, *other.findings], self.title, [*self.notes, *other.notes])

    def to_json(self, path: Any = None) -> str:
        """The findings as a JSON text, written to `path` too if one is given."""
        text = json.dumps({"title": self.title, "findings": [finding.as_dict() for finding in self],
                           "notes": list(self.notes)}, indent=2)
        if path is not None:
            from ...io import write_text

            write_text(path, text + "\n")
        return text

    def __repr__(self) -> str:
        n = len(self)
        head = f"{self.title}: {'nothing wrong was found' if not n else f'{n} finding' + 's' * (n > 1)}"
        numbered = [f"\n{i}. {finding}" for i, finding in enumerate(self, 1)]
        return "\n".join([head, *(f"  {note}" for note in self.notes), *numbered])

    def _repr_html_(self) -> str:
        def one(f: Finding) -> str:
            follows = f"<p>Probably follows from: {html.escape(f.follows_from)}</p>" if f.follows_from else ""
            where = f"<p><code>{html.escape(f.where)}</code></p>" if f.where else ""
            return (f"<li><b>{html.escape(f.kind)}</b> (confidence {f.confidence:.0%}, severity {f.severity} "
                    "of "
                    f"3)<p>{html.escape(f.seen)}</p>{where}<p>{html.escape(f.why)}</p>"
                    f"<pre>{html.escape(f.do)}</pre>{follows}</li>")
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        found = f"<ol>{''.join(map(one, self))}</ol>" if len(self) else "<p>nothing wrong was found</p>"
        return f"<div><b>{html.escape(self.title)}</b>{notes}{found}</div>"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by confidence times severity; what another finding explains comes behind, and says so."""
    from dataclasses import replace

    best: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = finding.kind, finding.layer
        if key not in best or finding.confidence > best[key].confidence:
            best[key] = finding
    told = []
    for finding in best.values():
        causes = [f for f in best.values() if finding.kind in KINDS[f.kind].explains and f.confidence >= 0.6
                  and f.kind != finding.kind]
        cause = max(causes, key=lambda f: f.confidence, default=None)
        told.append(replace(finding, follows_from=cause.kind if cause else ""))
    return tuple(sorted(told, key=lambda f: (bool(f.follows_from), -f.confidence * f.severity)))
