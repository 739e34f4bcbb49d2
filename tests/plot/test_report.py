"""The report of good runs, broken runs, odd runs: what it says, what it escapes, what it survives."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

from pellucid.plot import report
from pellucid.plot.report import pictures, plane, scales, wording

VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """A report's elements and texts; elements that do not nest are complained of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.complaints = [], [], [], [], []
        self.feed(text)
        self.complaints += [f"{tag} is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.complaints.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    def said(self) -> str:
        """Everything that a reader sees."""
        return " ".join(" ".join(self.texts).split()).replace("\u202f", " ")


def write(folder) -> Page:
    """Write a report and return it parsed, well formed."""
    page = Page(report.write(folder).read_text("utf-8"))
    assert not page.complaints, page.complaints[:5]
    return page


def change(folder, **entries):
    """Change entries of config.json."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **entries}), encoding="utf-8")


def observe(folder, **arrays):
    """Replace the observations."""
    np.savez(folder / "observations.npz", **arrays)


def test_the_report_of_the_digits_says_what_ran_and_how_it_went(digits_run):
    page = write(digits_run)
    config = json.loads((digits_run / "config.json").read_text("utf-8"))
    accuracy = config["metrics"]["test_accuracy"]
    said = page.said()
    for phrase in (f"{100 * accuracy:.2f} %", "must reach 95.00 %: reached", "3.2 s", "6,570",
                   "How it learned",
                   "What it answers", "Inside the network", "What ran, and on what", "Confusion matrix",
                   "Worst mistakes", "Sample answers", "Weights over time", "Gradients over time",
                   "Dead units",
                   "pellucid train digits --seed 0", np.__version__, "a test's processor", "four fifths"):
        assert phrase in said, phrase
    with np.load(digits_run / "observations.npz") as kept:
        wrong = int((kept["probabilities"].argmax(1) != kept["targets"]).sum())
    assert 0 < wrong < 20 and f"{360 - wrong} answers of 360 right, {wrong} mistake" in said
    assert page.tags.count("h1") == 1 and (digits_run / "report.html").stat().st_size < 2e6


def test_every_picture_has_words_and_every_link_stays_on_the_page(digits_run, circles_run):
    for folder in (digits_run, circles_run):
        page = write(folder)
        values = {(tag, name): value for tag, name, value in page.attributes}
        assert all(value for tag, name, value in page.attributes if name in ("alt", "aria-label"))
        assert page.tags.count("img") == sum((tag, name) == ("img", "alt") for tag, name,
                                             _ in page.attributes)
        for _, name, value in page.attributes:
            if name in ("src", "href", "action", "srcset", "poster"):
                assert value.startswith(("#", "data:")), value
        assert values["html", "lang"] == "en" and ("meta", "name", "viewport") in page.attributes
        ids = {value for _, name, value in page.attributes if name == "id"}
        assert {v[1:] for t, n, v in page.attributes if (t, n) == ("a", "href")} <= ids


def test_the_page_allows_itself_only_its_own_script(digits_run):
    text = report.write(digits_run).read_text("utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)[1])
    own = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1 and f"script-src 'sha256-{own}'" in policy and "default-src 'none'" in policy


def test_numpy_alone_is_enough(digits_run, tmp_path):
    script = f"""
import sys
class NoOther:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("matplotlib", "sklearn", "scipy", "rich", "typer", "PIL", "pandas"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, NoOther())
import importlib.util
importlib.util.find_spec = lambda name, package=None: None
from pellucid.plot import report
print(report.write({str(digits_run)!r}, {str(tmp_path / "alone.html")!r}))
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={"PYTHONPATH": ":".join(sys.path)})
    text = (tmp_path / "alone.html").read_text("utf-8")
    assert "pip install &quot;pellucid[plot]&quot;" in text and "Confusion matrix" in text


def test_an_empty_folder_and_a_missing_one(tmp_path):
    assert "Nothing has been recorded" in write(tmp_path).said()
    with pytest.raises(FileNotFoundError, match="run_folder: no folder .*nowhere"):
        report.write(tmp_path / "nowhere")


def test_an_interrupted_run_shows_what_there_is(digits_copy):
    folder = digits_copy()
    change(folder, metrics={})
    for name in ("metrics.jsonl", "layers.jsonl"):
        rows = (folder / name).read_text("utf-8").splitlines()
        half = len(rows) // 2
        (folder / name).write_text("\n".join([*rows[:half], rows[half][:20]]), encoding="utf-8")
    (folder / "observations.npz").unlink()
    said = write(folder).said()
    assert "This run did not come to its end" in said and "4 epochs of 8 recorded" in said
    assert "metrics.jsonl: 1 line could not be read" in said and "Inside the network" in said
    assert "Confusion matrix" not in said


def test_one_epoch_is_drawn_as_dots(digits_copy):
    folder = digits_copy()
    rows = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    (folder / "metrics.jsonl").write_text(rows[0], encoding="utf-8")
    page = write(folder)
    assert ("circle", "r", "3.5") in page.attributes and "Validation loss is lowest" not in page.said()


def test_a_loss_that_became_nan_is_told_and_breaks_the_line(digits_copy):
    folder = digits_copy()
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    for row in rows[4:]:
        row.update(loss=float("nan"), val_loss=float("inf"))
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    page = write(folder)
    assert "The loss was NaN or infinite at epoch 5." in page.said() and "not finite" in page.said()
    lines = [v for t, n, v in page.attributes if t == "path" and n == "d"]
    assert not any("nan" in d or "inf" in d for d in lines)
    assert lines[3].count("L") == 3, "four finite losses are a line of three steps"


def test_a_loss_that_was_never_finite(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1, "loss": NaN}\n{"epoch": 2, "loss": Infinity}\n')
    assert "The loss was NaN or infinite at epoch 1." in write(tmp_path).said()


def test_a_missed_goal_is_called_missed(digits_copy):
    folder = digits_copy()
    change(folder, expected={"test_accuracy": 0.999, "test_loss": 1e-9})
    said = write(folder).said()
    assert "must reach 99.90 %: not reached" in said and "must stay at or below 10⁻⁹: not met" in said


def test_a_bound_from_above_is_named_so(digits_copy):
    folder = digits_copy()
    change(folder, metrics={"xor_correct": 3}, expected={"xor_correct_at_most": 3})
    assert "Xor correct 3 ✓ must stay at or below 3: met" in write(folder).said().replace("XOR", "Xor")


def test_a_regression_has_a_scatter_and_no_confusions(digits_copy, rng):
    folder = digits_copy()
    truth = rng.standard_normal(50)
    observe(folder, targets=truth, predictions=truth + 0.5)
    change(folder, metrics={"test_rmse": 0.5}, expected={"test_rmse": "<= 0.6"})
    page = write(folder)
    assert "must stay at or below 0.6000: met" in page.said() and "Test RMSE" in page.said()
    assert "mean squared error is 0.5" in page.said() and "Confusion matrix" not in page.said()
    assert sum(t == "circle" and (n, v) == ("class", "dot") for t, n, v in page.attributes) == 50


def test_a_hundred_classes_and_a_thousand(digits_copy, rng):
    folder = digits_copy()
    for k in (100, 1000):
        p = rng.random_sample((1500, k))
        observe(folder, probabilities=p, targets=rng.randint(0, k, 1500))
        said = write(folder).said()
        assert ("100 classes of 1,000 with the most mistakes" in said) == (k == 1000)
        assert (folder / "report.html").stat().st_size < 2e6


def test_hundreds_of_epochs_and_layers_stay_small(tmp_path, rng):
    counts, edges = np.histogram(rng.standard_normal(99), 20)
    many = [{"epoch": e, "name": f"blocks.{i}.weight", "kind": "parameter", "norm": i + 1,
             "grad_norm": 10.0 ** -i,
             "histogram": counts.tolist(), "edges": edges.tolist()} for e in range(1, 21) for i in range(200)]
    (tmp_path / "layers.jsonl").write_text("\n".join(map(json.dumps, many)), encoding="utf-8")
    rows = [{"epoch": e, "loss": 1 / e, "val_loss": 2 / e} for e in range(1, 901)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    page = write(tmp_path)
    assert "12 of 200 layers" in page.said() and (tmp_path / "report.html").stat().st_size < 2e6
    line = next(v for t, n, v in page.attributes if t == "path" and n == "d" and v.count("L") > 200)
    assert line.count("L") < 260, "900 epochs are thinned to what the eye can tell apart"


KNOWN = VOID | set("""
    html head title style script body div header main section nav aside footer small h1 h2 h3 h4 p a b i span
    ul ol li dl dt dd figure figcaption details summary table thead tbody tr th td pre code
    svg g path line rect circle image text""".split())
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><b>",
           "naïve 日本語 العربية", "a" * 400, "&amp;", "\x01\x7f", "' onload='x", "</title>", "<!--"]


def test_nothing_that_a_run_names_becomes_markup(digits_copy):
    folder = digits_copy()
    with np.load(folder / "observations.npz") as kept:
        arrays = dict(kept)
    observe(folder, **{**arrays, "class_names": np.array(HOSTILE)})
    evil = "</style></title><script>alert(2)</script><svg onload=alert(3)>"
    change(folder, recipe=evil, description=evil, settings={evil: [evil]}, argv=[evil, evil], cpu=evil,
           model=evil,
           protocol=evil, metrics={evil: 1.0}, seed=evil, pellucid=evil)
    for name in ("metrics.jsonl", "layers.jsonl"):
        rows = [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        rows = [{**row, evil: 0.5, **({"name": evil + row["name"]} if "name" in row else {})} for row in rows]
        (folder / name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "figures").mkdir()
    (folder / "figures" / "01-lines.json").write_text(json.dumps({"title": evil,
                                                                  "series": [{"name": evil, "y": [1]}]}))
    page = write(folder)
    kinds = [v for t, n, v in page.attributes if (t, n) == ("script", "type")]
    assert page.tags.count("script") == len(kinds) + 1 and set(kinds) == {"application/json"}
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert set(page.tags) <= KNOWN
    assert evil in page.said() and "naïve" in page.said() and "\x01" not in page.said()


def test_broken_files_are_named_and_the_rest_is_shown(digits_copy):
    folder = digits_copy()
    (folder / "config.json").write_text("{")
    (folder / "observations.npz").write_bytes(b"PK\x03\x04 no archive")
    (folder / "figures").mkdir()
    (folder / "figures" / "1.json").write_text('{"series": [{"x": [1], "y": [1, 2]}]}')
    (folder / "figures" / "2.png").write_bytes(bytes(1_200_000))
    said = write(folder).said()
    for phrase in ("config.json could not be read", "observations.npz could not be read", "How it learned",
                   "figures/1.json could not be drawn", "1 values of x, 2 of y",
                   "figures/2.png (1.2 MB) is too large"):
        assert phrase in said, phrase


def test_arrays_that_do_not_fit_are_named(digits_copy):
    folder = digits_copy()
    observe(folder, probabilities=np.ones((5, 3)), targets=np.array([0, 1, 7, 1, 2]), boundary_x=np.zeros(3),
            boundary_y=np.zeros(3), boundary_p=np.zeros(7))
    said = write(folder).said()
    assert "class 7 in the targets, 3 columns of probabilities" in said
    assert "the decision boundary cannot be drawn" in said


def test_pickled_arrays_are_not_loaded(digits_copy):
    class Bomb:
        def __reduce__(self):
            return os._exit, (3,)

    folder = digits_copy()
    observe(folder, probabilities=np.array([Bomb()], dtype=object), targets=np.array([0]))
    assert "observations.npz: probabilities could not be read" in write(folder).said()


def test_lines_left_by_a_recipe_are_drawn(digits_copy):
    folder = digits_copy()
    (folder / "figures").mkdir()
    (folder / "figures" / "01-racing-optimisers.json").write_text(json.dumps(
        {"caption": "Adam arrives first.", "x_label": "step", "series": [
            {"name": "Adam", "y": [3, 2, 1]}, {"name": "SGD", "x": [1, 2, 3], "y": [3, None, 2],
                                               "dashed": True}]}))
    said = write(folder).said()
    assert "Racing optimisers" in said and "Adam arrives first." in said and "SGD 2" in said


def test_the_report_appears_whole_or_not_at_all(digits_copy, monkeypatch):
    folder = digits_copy()
    (folder / "report.html").write_text("the old report")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        report.write(folder)
    assert (folder / "report.html").read_text() == "the old report" and not list(folder.glob(".*"))


def read_png(content: bytes) -> np.ndarray:
    """Decode what `pictures.png` wrote, checksums included."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, size = 8, b"", (0, 0, 0)
    while at < len(content):
        length, name = int.from_bytes(content[at:at + 4], "big"), content[at + 4:at + 8]
        body = content[at + 8:at + 8 + length]
        assert zlib.crc32(name + body) == int.from_bytes(content[at + 8 + length:at + 12 + length], "big")
        if name == b"IHDR":
            width, height = (int.from_bytes(body[i:i + 4], "big") for i in (0, 4))
            size = (height, width, {0: 1, 4: 2, 2: 3, 6: 4}[body[9]])
        packed += body if name == b"IDAT" else b""
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(size[0], -1)
    assert not rows[:, 0].any(), "a filter was named"
    return rows[:, 1:].reshape(size)


@pytest.mark.parametrize("shape", [(3, 5), (4, 2, 2), (2, 3, 3), (1, 1, 4)])
def test_a_png_holds_its_pixels(shape, rng):
    pixels = rng.randint(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(read_png(pictures.png(pixels)).reshape(shape), pixels)


def test_the_contour_of_a_circle_is_a_circle():
    x = np.linspace(-1.5, 1.5, 41)
    values = 1 - x[None, :] ** 2 - x[:, None] ** 2
    scale = scales.Scale(-1.5, 1.5, -150, 150)
    d = plane.contour(values, x, x, scale, scale)
    points = np.array(re.findall(r"[ML](\S+) (-?[\d.]+)", d), dtype=float)
    assert len(points) > 100 and np.allclose(np.hypot(*points.T), 100, atol=1.0)


def test_the_plane_tells_the_networks_own_answers(circles_run, tmp_path):
    page = write(circles_run)
    with np.load(circles_run / "observations.npz") as kept:
        arrays = dict(kept)
    right = int((arrays["probabilities"].argmax(1) == arrays["targets"]).sum())
    assert f"{right} samples of 100 on the right side" in page.said()
    assert sum(v == "marker wrong-side" for _, _, v in page.attributes) == 100 - right
    del arrays["probabilities"]                           # now they are read off the grid
    observe(tmp_path, **arrays)
    assert re.search(rf"({right - 1}|{right}|{right + 1}) samples of 100 on the", write(tmp_path).said())


def test_metrics_of_one_family_share_a_chart(tmp_path):
    rows = [{"epoch": e, "loss_sgd": 3 / e, "loss_adam": 1 / e, "loss_lbfgs": e, "f1": 0.5}
            for e in (1, 2, 3)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    said = write(tmp_path).said()
    assert "Loss sgd 1 adam 0.3333 lbfgs 3" in said and "F1 (training)" in said


def test_ticks_are_round_and_inside():
    for low, high in ((0, 1), (-3.2, 17), (1e-9, 5e-9), (97.1, 98.9), (-1e12, 1e12)):
        ticks = scales.linear_ticks(low, high)
        assert 3 <= len(ticks) <= 11 and low <= ticks[0] and ticks[-1] <= high * (1 + 1e-9)
    assert scales.log_ticks(1e-8, 1e4, 5) == [1e-6, 1e-3, 1.0, 1e3]


def test_a_share_is_never_rounded_up_to_all():
    assert wording.percent(0.999999).startswith("99.99") and wording.percent(1.0) == "100\u202f%"
    assert wording.duration(3599.7) == "1\u202fh 00\u202fmin"
    assert wording.duration(65) == "1\u202fmin 05\u202fs"


def test_texts_are_shown_as_they_were_written(tmp_path):
    (tmp_path / "figures").mkdir()
    kept = {"title": "What it writes", "caption": "By <temperature>.",
            "texts": [{"name": "0.3", "text": "ROMEO:\n  <b>& so</b>"}, {"name": "1.3", "text": ""}]}
    (tmp_path / "figures" / "01-x.json").write_text(json.dumps(kept), encoding="utf-8")
    (tmp_path / "figures" / "02-y.json").write_text('{"texts": [{"name": "a"}]}', encoding="utf-8")
    page = write(tmp_path)
    assert "ROMEO:\n  <b>& so</b>" in page.texts and page.tags.count("pre") == 2
    said = page.said()
    assert "What it writes 0.3 ROMEO:" in said and "1.3 By <temperature>." in said
    assert "figures/02-y.json could not be drawn (KeyError: 'text')" in said
