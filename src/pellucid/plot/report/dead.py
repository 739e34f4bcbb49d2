"""Units that have fallen silent: how many of each layer are zero whatever the input."""

from __future__ import annotations

from pellucid.plot.records import Row, epoch_of, number
from pellucid.plot.report.charts import Card, figure
from pellucid.plot.report.wording import clipped, count, percent, plain
from pellucid.webpage.markup import Markup, tag

MOST_ROWS = 16
READ = ("a unit is dead when it is zero for every sample. Then no gradient passes it and it cannot recover. "
        "A few are harmless; many mean a learning rate or a bias gone wrong.")


def dead_units(layers: dict[str, list[Row]]) -> Card | None:
    """Return how many units of each layer never fired in the last epoch; of many layers the deadest."""
    known = {name: kept for name, records in layers.items() if (kept := counted(records))}
    if not known:
        return None
    now = {name: (int(number(rows[-1]["dead"])), int(number(rows[-1]["units"]))) for name,
           rows in known.items()}
    deadest = sorted(now, key=lambda name: -now[name][0] / now[name][1])[:MOST_ROWS]
    rows = [line(name, known[name], *now[name]) for name in now if name in set(deadest)]
    heads = tag("tr", *(tag("th", text, scope="col") for text in ("Layer", "Dead", "", "Share", "Most")))
    dead, units = sum(d for d, _ in now.values()), sum(u for _, u in now.values())
    found = f"{count(dead, 'unit')} of {units:,} {'is' if dead == 1 else 'are'} dead at the end."
    if len(rows) < len(now):
        found += f" Shown are the {len(rows)} layers of {len(now)} with the largest share."
    grid = tag("div", tag("table", tag("thead", heads), tag("tbody", *rows)), class_="scroll", tabindex="0",
               role="region", aria_label="Dead units")
    return figure("Dead units", grid, found=found, read=READ)


def counted(records: list[Row]) -> list[Row]:
    """Return the records in which units and dead ones were counted."""
    return [row for row in records if number(row.get("units")) > 0 and number(row.get("dead")) >= 0]


def line(name: str, records: list[Row], dead: int, units: int) -> Markup:
    """Return a layer's row: dead units at the end as a number and a bar, and the epoch with the most."""
    most = max(records, key=lambda row: number(row["dead"]))
    bar = tag("span", tag("i", style=f"width:{100 * dead / units:.1f}%"), class_="bar dead")
    return tag("tr", tag("th", clipped(name, 28), scope="row", title=name),
               tag("td", f"{dead:,} of {units:,}"),
               tag("td", bar, class_="wide-cell"), tag("td", percent(dead / units, 0)),
               tag("td", f"{int(number(most['dead'])):,} at epoch {plain(epoch_of(most, 0))}"))
