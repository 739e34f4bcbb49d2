"""The document around a page's content: head, style, script, and the rules that let it fetch nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from pellucid.webpage.markup import Markup, tag


def document(title: str, *content: Markup, style: str, script: str) -> str:
    """Return a whole page as HTML: its content in a body that ends with the script.

    `style` follows the paper and the colours that all pages share. The page's policy forbids it every
    address but data: and every script but its own.
    """
    head = tag("head", tag("meta", charset="utf-8"),
               tag("meta", http_equiv="Content-Security-Policy", content=policy(script)),
               tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
               tag("meta", name="color-scheme", content="light dark"),
               tag("meta", name="generator", content="Pellucid"),
               tag("title", title),
               tag("link", rel="icon", href="data:,"),
               tag("style", Markup(source(__file__, "paper.css") + style)))
    body = tag("body", *content, tag("script", Markup(script)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def policy(script: str) -> str:
    """Return the Content-Security-Policy of a page with this script and no other."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'")


@cache
def source(beside: str, name: str) -> str:
    """Return a file that lies beside another one: a page's style or its script."""
    return Path(beside).with_name(name).read_text(encoding="utf-8")
