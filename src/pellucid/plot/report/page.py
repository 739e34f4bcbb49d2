"""The page that holds the sections: head, contents, notes, foot."""

from __future__ import annotations

import re

from pellucid.plot.report import answered, gallery, inside, learning, plane, provenance, summary
from pellucid.plot.report.folder import Run
from pellucid.plot.report.wording import title
from pellucid.webpage.document import document, source
from pellucid.webpage.markup import Markup, tag

SECTIONS = (learning, plane, answered, inside, gallery, provenance)


def page(run: Run) -> str:
    """Return the whole report as HTML."""
    sections = [part for part in (module.section(run) for module in SECTIONS) if part is not None]
    head = summary.header(run)
    content = tag("div", head, contents(sections), tag("main", *notes(run), *sections or [nothing()]),
                  footer(run), class_="page")
    return document(f"{title(run.name)} · Pellucid run report", content,
                    style=source(__file__, "page.css"), script=source(__file__, "page.js"))


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
