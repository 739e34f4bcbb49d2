"""The page that holds the sections: head, contents, notes, and the rules that let it fetch nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from pellucid.plot.report import answered, gallery, inside, learning, plane, provenance, summary
from pellucid.plot.report.folder import Run
from pellucid.plot.report.markup import Markup, tag
from pellucid.plot.report.wording import title

SECTIONS = (learning, plane, answered, inside, gallery, provenance)


def page(run: Run) -> str:
    """Return the whole report as HTML."""
    sections = [part for part in (module.section(run) for module in SECTIONS) if part is not None]
    head = summary.header(run)
    body = tag("body", tag("div", head, contents(sections),
                           tag("main", *notes(run), *sections or [nothing()]),
                           footer(run), class_="page"), tag("script", Markup(source("page.js"))))
    return f"<!DOCTYPE html>\n{tag('html', page_head(run), body, lang='en')}\n"


def page_head(run: Run) -> Markup:
    """Return the <head>; its policy forbids the page every address but data: and every script but its own."""
    script = base64.b64encode(hashlib.sha256(source("page.js").encode()).digest()).decode("ascii")
    policy = (f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script}'; "
              "base-uri 'none'; form-action 'none'")
    return tag("head", tag("meta", charset="utf-8"),
               tag("meta", http_equiv="Content-Security-Policy", content=policy),
               tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
               tag("meta", name="color-scheme", content="light dark"),
               tag("meta", name="generator", content="Pellucid"),
               tag("title", f"{title(run.name)} · Pellucid run report"),
               tag("link", rel="icon", href="data:,"),
               tag("style", Markup(source("page.css"))))


@cache
def source(name: str) -> str:
    """Return a file that lies beside this one: the page's style or its script."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def contents(sections: list[Markup]) -> Markup | None:
    """Return links to the sections, by their headings."""
    links = []
    for part in sections:
        place, heading = re.search(r'id="([a-z]+)"', part), re.search(r"<h2>(.*?)</h2>", part)
        if place and heading:
            links.append(tag("a", Markup(heading[1]), href=f"#{place[1]}"))
    return tag("nav", *links, aria_label="Contents") if len(links) > 1 else None


def notes(run: Run) -> list[Markup]:
    """Return what the reader must know first: interruptions, and parts that could not be read."""
    said = list(run.notes)
    if run.config and not run.is_finished and run.epochs:
        said.insert(0, "This run did not come to its end. The report shows what was recorded until then.")
    return [tag("aside", tag("ul", *(tag("li", note) for note in said)), class_="notes",
                aria_label="Notes")] if said else []


def nothing() -> Markup:
    """Return what stands in a report of an empty run folder."""
    return tag("section", tag("p", "Nothing has been recorded in this run folder yet."))


def footer(run: Run) -> Markup:
    """Return the foot of the page."""
    extra = gallery.missing_extra(run)
    version = run.config.get("pellucid")
    made = f"Written by Pellucid {version}." if version else "Written by Pellucid."
    return tag("footer", tag("p", f"{made} This page is one file and asks the network for nothing."),
               tag("p", extra) if extra else None)
