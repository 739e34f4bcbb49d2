"""Section "What it answers": confusions, the worst mistakes, how sure it is, a few samples."""

from __future__ import annotations

import numpy as np

from pellucid.plot.ranges import spread
from pellucid.plot.report.charts import Card, figure, in_rows, stacked
from pellucid.plot.report.confusions import matrix
from pellucid.plot.report.folder import Answers, Run, answers
from pellucid.plot.report.pictures import sample_picture
from pellucid.plot.report.regression import scatter
from pellucid.plot.report.wording import clipped, count, percent, plain
from pellucid.plot.scores import least_sure, mistakes
from pellucid.webpage.markup import Markup, tag

MOST_MISTAKES, SAMPLES = 16, 12
BANDS = (0.0, 0.5, 0.7, 0.9, 0.99, 1.0)


def section(run: Run) -> Markup | None:
    """Return what the network answers on the samples it was tested on, or None where no answers were kept."""
    kept = answers(run)
    if kept is None:
        cards: list[Card | None] = [scatter(run)]
    else:
        cards = [*arranged(kept), samples(kept)]
    shown = [card for card in cards if card is not None]
    return tag("section", tag("h2", "What it answers"), in_rows(shown), id="answers") if shown else None


def arranged(kept: Answers) -> list[Card]:
    """Return confusions, mistakes and confidence so that their two columns end at about the same height."""
    shown = min(MOST_MISTAKES, int((kept.taken != kept.targets).sum()) or MOST_MISTAKES)
    pictures = 1.0 + -(-shown // 4) * (1.0 if kept.pictures is not None else 0.65)     # in rows of pictures
    table, bars = 4.3, 2.5
    gaps = {abs(table - pictures - bars): [matrix(kept), stacked(worst(kept), confidence(kept))],
            abs(table + bars - pictures): [stacked(matrix(kept), confidence(kept)), worst(kept)],
            abs(table - pictures): [matrix(kept), worst(kept), confidence(kept)]}
    return gaps[min(gaps)]


def picture(kept: Answers, i: int, alt: str) -> Markup | None:
    """Return sample i as a picture, where samples are pictures."""
    if kept.pictures is None:
        return None
    return sample_picture(kept.pictures[i], alt, ink=kept.is_ink)


def worst(kept: Answers) -> Card:
    """Return the wrong answers it was most sure of; without any, the right ones that it doubted most."""
    wrong = mistakes(kept.probabilities, kept.targets)
    chosen = (wrong if len(wrong) else least_sure(kept.probabilities))[:MOST_MISTAKES]
    items = [mistake(kept, int(i)) for i in chosen]
    if len(wrong):
        heading, shown = "Worst mistakes", "all" if len(wrong) == len(items) else f"the first {len(items)}"
        found = (f"{count(len(wrong), 'mistake')} in {count(len(kept.targets), 'answer')}; {shown} of them "
                 "here, the surest first.")
        read = ("under each sample stands what it is, and what the network took it for with its confidence. "
                "Look for samples that you, too, would get wrong, and for labels that are.")
    else:
        heading = "Least sure answers"
        found = "There is no mistake; these are the right answers it doubted most."
        read = "under each sample stands what it is, and the network's confidence in that."
    return figure(heading, tag("ul", *items, class_="samples"), found=found, read=read)


def mistake(kept: Answers, i: int) -> Markup:
    """Return one sample with its class and the answer given."""
    true, taken = int(kept.targets[i]), int(kept.taken[i])
    sure = percent(kept.probabilities[i, taken], 0)
    said = f"{kept.names[true]} taken for {kept.names[taken]}, {sure} sure"
    image = picture(kept, i, said) or tag("span", f"sample {i}", class_="no-picture")
    if true == taken:
        words = [tag("b", clipped(kept.names[true], 16)), tag("span", sure, class_="sure")]
    else:
        words = [tag("span", "is ", tag("b", clipped(kept.names[true], 14))),
                 tag("span", "taken for ", tag("b", clipped(kept.names[taken], 14)), class_="wrong-name"),
                 tag("span", sure, class_="sure")]
    return tag("li", image, *words)


def samples(kept: Answers) -> Card:
    """Return a few samples, evenly spaced over the test set, with their three likeliest classes."""
    chosen = spread(len(kept.targets), SAMPLES)
    items = [sample(kept, i) for i in chosen]
    return figure("Sample answers", tag("ul", *items, class_="predictions"), wide=True,
                  found=f"{count(len(chosen), 'sample')}, not chosen: evenly spaced over the "
                        f"{len(kept.targets):,} that were kept.",
                  read="the bars are the network's probabilities for its three likeliest classes; the mark "
                       "says whether the first of them is right.")


def sample(kept: Answers, i: int) -> Markup:
    """Return one sample with its probabilities as bars."""
    p, true = kept.probabilities[i], int(kept.targets[i])
    top = np.argsort(-p, kind="stable")[:3]
    right = int(top[0]) == true
    bars = [tag("li", tag("span", clipped(kept.names[j], 12), class_="class", title=kept.names[j]),
                tag("span", tag("i", style=f"width:{100 * p[j]:.1f}%"),
                    class_="bar" if j == true else "bar other"),
                tag("span", sureness(p[j]), class_="value")) for j in top]
    mark = tag("span", "✓" if right else "✕", class_="mark", aria_hidden="true")
    head = tag("p", mark, " is ", tag("b", clipped(kept.names[true], 18)),
               tag("span", " (answered right)" if right else " (answered wrong)", class_="unseen"))
    image = picture(kept, i, f"a sample of class {kept.names[true]}") or described(kept, i)
    return tag("li", image, tag("div", head, tag("ol", *bars, class_="bars")),
               class_="met" if right else "missed")


def sureness(p: float) -> str:
    """Return a probability in per cent, short: neither 0 % nor 100 % unless it is."""
    return "<1\u202f%" if 0 < p < 0.005 else percent(p, 1 if 0.995 <= p < 1 else 0)


def described(kept: Answers, i: int) -> Markup:
    """Return the values of a sample that is no picture."""
    if kept.x is None or kept.x[i].size > 8:
        return tag("span", f"sample {i}", class_="no-picture")
    return tag("span", *(tag("span", plain(v, 2)) for v in np.ravel(kept.x[i])), class_="no-picture values")


def confidence(kept: Answers) -> Card:
    """Return, for bands of confidence, how many answers were given and how many of them were right."""
    sure, right = kept.probabilities.max(axis=1), kept.taken == kept.targets
    rows = []
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        inside = (sure >= low) & ((sure < high) | (high == 1.0))
        if not inside.any():
            continue
        mean, share = float(sure[inside].mean()), float(right[inside].mean())
        rows.append(band_row(low, high, int(inside.sum()), share, mean))
    head = tag("tr", *(tag("th", text, scope="col") for text in ("Sure", "Answers", "Right", "")))
    return figure("How sure, how often right", tag("table", tag("thead", head), tag("tbody", *rows)),
                  found=f"On average it is {percent(sure.mean(), 1)} sure, {percent(right.mean(), 1)} right.",
                  read="in each band of confidence, the bar is the share of right answers, the tick the "
                       "average confidence. A bar short of its tick is a network too sure of itself.")


def band_row(low: float, high: float, n: int, share: float, mean: float) -> Markup:
    """Return one band of confidence: its bounds, answers, the share of right ones, the mean confidence."""
    name = f"{low * 100:.0f} to {percent(high, 0)}"
    name = f"under {percent(high, 0)}" if low == 0 else f"over {percent(low, 0)}" if high == 1 else name
    bar = tag("span", tag("i", style=f"width:{100 * share:.1f}%"),
              tag("i", class_="bound", style=f"left:{min(99.6, 100 * mean):.1f}%"), class_="bar")
    return tag("tr", tag("th", name, scope="row"), tag("td", f"{n:,}"), tag("td", bar, class_="wide-cell"),
               tag("td", percent(share, 0 if share < 0.995 else 1)))
