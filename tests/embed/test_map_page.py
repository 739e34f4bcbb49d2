"""The map in headless Chromium: it asks for nothing, complains of nothing, moves, finds, names neighbours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.browser import Browser

from pellucid.embed import Map, write_map

KINDS = ("animal", "food", "vehicle")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Map]:
    """A map of three groups, in the plane and in space."""
    rng = np.random.default_rng(0)
    kinds = np.arange(90) % 3
    rows = 5 * rng.standard_normal((3, 12))[kinds] + rng.standard_normal((90, 12))
    path = tmp_path_factory.mktemp("map") / "map.html"
    return path, write_map(path, rows, [f"{KINDS[kind]} number {place}" for place, kind in enumerate(kinds)],
                           [KINDS[kind] for kind in kinds], method="pca", dimensions=(2, 3))


def settle(browser: Browser) -> None:
    """Wait until what was begun has been drawn: for twenty frames the picture stays the same."""
    browser.run("""(async () => {
        const canvas = document.querySelector('canvas'), frame = () => new Promise(requestAnimationFrame);
        for (let before = "", same = 0; same < 20; await frame()) {
            const now = canvas.toDataURL();
            same = now === before ? same + 1 : 0;
            before = now;
        }
    })()""")


def colours(browser: Browser) -> list[int]:
    """How many pixels of the canvas have each kind's colour, nearly."""
    return browser.run("""(() => {
        const canvas = document.querySelector('canvas'), style = getComputedStyle(document.documentElement);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        const wanted = [0, 1, 2].map(g => style.getPropertyValue(`--g${g}`).trim().slice(1).match(/../g)
            .map(part => parseInt(part, 16)));
        const found = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4)
            wanted.forEach((rgb, g) => {
                if (rgb.every((v, c) => Math.abs(v - data[i + c]) < 45)) found[g]++;
            });
        return found;
    })()""")


def picture(browser: Browser) -> Any:
    """What the canvas shows."""
    return browser.run("document.querySelector('canvas').toDataURL()")


def mouse(browser: Browser, kind: str, x: float, y: float, **more: Any) -> None:
    browser.tell("Input.dispatchMouseEvent", type=kind, x=float(x), y=float(y), **more)


def click(browser: Browser, x: float, y: float) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        mouse(browser, kind, x, y, button="left", clickCount=1)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_asks_for_nothing_and_complains_of_nothing(browser, made, dark, width) -> None:
    visit = browser.visit(made[0], dark=dark, width=width)
    assert visit.requests == [] and visit.complaints == []
    assert browser.run("document.documentElement.scrollWidth") == width
    assert min(colours(browser)) > 150, "each group has its colour"
    assert browser.run("document.querySelector('.count').textContent") == "90 points"


def test_a_spoilt_page_is_caught(browser, made, tmp_path) -> None:
    text = made[0].read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(text.replace("<main>", '<img src="http://127.0.0.1:9/x.png"><main>'), encoding="utf-8")
    visit = browser.visit(spoilt)
    assert visit.requests or visit.complaints


def test_pointing_tells_and_a_click_names_the_nearest(browser, made) -> None:
    path, found = made
    browser.open(path)
    box = browser.run("(r => [r.left, r.top, r.width, r.height])"
                      "(document.querySelector('canvas').getBoundingClientRect())")
    points = found.points - (found.points.min(0) + found.points.max(0)) / 2
    points = points / (np.ptp(found.points, axis=0).max() / 2)
    reach = np.abs(points).max(0)
    scale = min((box[2] - 70) / 2 / reach[0], (box[3] - 70) / 2 / reach[1])
    x, y = box[0] + box[2] / 2 + scale * points[7, 0], box[1] + box[3] / 2 - scale * points[7, 1]
    mouse(browser, "mouseMoved", x, y)
    assert browser.run("document.querySelector('.tip').innerText").split("\n") == [found.texts[7],
                                                                                   found.groups[7]]
    before = picture(browser)
    click(browser, x, y)
    settle(browser)
    assert browser.run("document.querySelector('.chosen h2').textContent") == found.texts[7]
    named = browser.run("[...document.querySelectorAll('.list span')].map(e => e.textContent)")
    assert named == [found.texts[place] for place in found.neighbours[7]]
    shown = browser.run("[...document.querySelectorAll('.list small')].map(e => Number(e.textContent))")
    assert shown == pytest.approx(found.cosines[7], abs=0.006)
    assert picture(browser) != before
    browser.run("document.querySelector('.list button').click()")
    assert browser.run("document.querySelector('.chosen h2').textContent") == named[0]
    browser.tell("Input.dispatchKeyEvent", type="keyDown", key="Escape")
    assert browser.run("document.querySelector('.chosen h2')") is None


def test_search_finds_and_enter_chooses(browser, made) -> None:
    browser.open(made[0])
    browser.run("dispatchEvent(new KeyboardEvent('keydown', {key: '/'}))")
    browser.tell("Input.insertText", text="FOOD number 1")
    count = sum("food number 1" in text for text in made[1].texts)
    assert browser.run("document.querySelector('.count').textContent") == f"{count} of 90 points"
    assert browser.run("document.querySelectorAll('.list button').length") == count
    for kind in ("keyDown", "keyUp"):
        browser.tell("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13)
    assert browser.run("document.querySelector('.chosen h2').textContent") == "food number 1"
    browser.run("(input => { input.value = 'nowhere'; input.dispatchEvent(new Event('input')) })"
                "(document.querySelector('input'))")
    assert "Nothing is found" in browser.run("document.querySelector('.chosen').innerText")


def test_wheel_drag_keys_and_buttons_move(browser, made) -> None:
    browser.open(made[0])
    settle(browser)
    seen = [picture(browser)]
    mouse(browser, "mouseWheel", 700, 400, deltaX=0, deltaY=-200)
    settle(browser)
    seen.append(picture(browser))
    mouse(browser, "mousePressed", 700, 400, button="left")
    mouse(browser, "mouseMoved", 760, 430, button="left", buttons=1)
    mouse(browser, "mouseReleased", 760, 430, button="left")
    mouse(browser, "mouseMoved", 330, 3)
    settle(browser)
    seen.append(picture(browser))
    browser.run("document.querySelector('canvas').focus()")
    browser.tell("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft")
    settle(browser)
    seen.append(picture(browser))
    assert len(set(seen)) == 4
    browser.run("document.querySelector('[data-home]').click()")
    settle(browser)
    browser.run("document.activeElement.blur()")
    assert picture(browser) == seen[0]


def test_a_group_hides_and_space_turns(browser, made) -> None:
    browser.open(made[0])
    settle(browser)
    plane = picture(browser)
    browser.run("document.querySelector('.groups button').click()")
    settle(browser)
    left = colours(browser)
    assert left[0] < 30 < min(left[1:]) and browser.run(
        "document.querySelector('.count').textContent") == "60 of 90 points"
    browser.run("document.querySelector('.groups button').click()")
    browser.run("document.querySelector('[data-view=\"3\"]').click()")
    settle(browser)
    space = picture(browser)
    assert space != plane and sum(colours(browser)) > 300                      # what is far is paler
    mouse(browser, "mousePressed", 700, 400, button="left")
    mouse(browser, "mouseMoved", 800, 400, button="left", buttons=1)
    mouse(browser, "mouseReleased", 800, 400, button="left")
    settle(browser)
    assert picture(browser) != space
    browser.run("document.querySelector('[data-view=\"2\"]').click()")
    settle(browser)
    assert min(colours(browser)) > 150
    complaints = browser.seen(made[0]).complaints             # `colours` reads pixels, the page does not
    assert [one for one in complaints if "getImageData" not in one] == []


@pytest.mark.parametrize("count", [1, 2])
def test_one_point_and_strange_texts_are_shown(browser, tmp_path, count) -> None:
    texts = ["</script><script>alert(1)</script>", "\ud800 lone, \x00 zero, 💡"][:count]
    write_map(tmp_path / "one.html", np.eye(3)[:count], texts)
    visit = browser.visit(tmp_path / "one.html")
    assert visit.requests == [] and visit.complaints == []
    browser.run("(input => { input.value = 'alert'; input.dispatchEvent(new Event('input')) })"
                "(document.querySelector('input'))")
    assert browser.run("document.querySelector('.list span').textContent") == texts[0]


FRAMES = """(async () => {
    const canvas = document.querySelector('canvas'), times = [];
    let last = performance.now();
    for (let i = 0; i < 30; i++) {
        const deltaY = i < 15 ? -20 : 20;
        canvas.dispatchEvent(new WheelEvent('wheel', {deltaY, clientX: 700, clientY: 400}));
        await new Promise(done => requestAnimationFrame(done));
        times.push(performance.now() - last);
        last = performance.now();
    }
    return times.sort((a, b) => a - b);
})()"""


def test_ten_thousand_points_move(browser, tmp_path) -> None:
    """They are drawn, frame after frame; how fast is a line of the output, as a busy machine is slow."""
    rng = np.random.default_rng(0)
    made = Map(rng.standard_normal((10_000, 2)).astype(np.float32), [f"point {i}" for i in range(10_000)],
               [f"group {i % 9}" for i in range(10_000)], np.zeros((10_000, 2), int), np.zeros((10_000, 2)))
    made.write(tmp_path / "big.html")
    browser.open(tmp_path / "big.html")
    settle(browser)
    assert min(colours(browser)) > 800
    times = browser.run(FRAMES)
    assert len(times) == 30
    print(json.dumps({"points": 10_000, "median_ms": times[15], "slowest_ms": times[-1]}))
