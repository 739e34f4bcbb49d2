"""The parts of a tokenizer that are named in tokenizer.json: what they share."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

# Family ("normalizer", ...) -> type -> class.
KNOWN: dict[str, dict[str, type[Component]]] = {}


class Component:
    """A normalizer, pre-tokenizer, post-processor or decoder: a dataclass whose fields are the JSON's."""

    family: ClassVar[str]
    nested: ClassVar[str] = ""                                   # the field that holds components itself

    def __init_subclass__(cls, family: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)
        if family:
            cls.family = family
        else:
            KNOWN.setdefault(cls.family, {})[cls.__name__] = cls

    @classmethod
    def adapted(cls, found: dict[str, Any]) -> dict[str, Any]:
        """The fields as they are called today."""
        return found

    def to_json(self) -> dict[str, Any]:
        """The part as tokenizer.json has it."""
        fields = {field.name: getattr(self, field.name)
                  for field in dataclasses.fields(self)}         # type: ignore[arg-type]
        if self.nested:
            fields[self.nested] = [part.to_json() for part in fields[self.nested]]
        return {"type": type(self).__name__, **fields}


def from_json(family: str, found: dict[str, Any] | None) -> Any:
    """The part that a dictionary of tokenizer.json describes.

    Raises:  ValueError for a type that is not known, or for fields that its type lacks.
    """
    if found is None:
        return None
    if not isinstance(found, dict) or "type" not in found:
        raise ValueError(f"tokenizer.json: {family} wants an object with a type, got {found!r:.80}")
    kind = KNOWN[family].get(found["type"])
    if kind is None:
        raise ValueError(f"tokenizer.json: {family} type {found['type']!r} is not known; "
                         f"known are {', '.join(sorted(KNOWN[family]))}")
    names = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {key: value for key, value in kind.adapted(found).items() if key in names}
    missing = [name for name, field in names.items() if name not in values
               and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING]
    if missing:
        raise ValueError(f"tokenizer.json: {family} {found['type']} lacks {', '.join(missing)}")
    if kind.nested:
        values[kind.nested] = [from_json(family, part) for part in values[kind.nested]]
    return kind(**values)
