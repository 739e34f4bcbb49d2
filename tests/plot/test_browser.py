"""The report in headless Chromium: it asks for nothing, complains of nothing, and reads well on a phone.

A page is only as clean as the checker that says so: pages spoilt in each way must be caught by the same one.
"""

from __future__ import annotations

import http.server
import json
import threading

import pytest
from tests.browser import CONTRAST

from pellucid.plot import report


@pytest.fixture(scope="module", params=["digits_run", "circles_run"])
def page(request):
    """The report of a run."""
    return report.write(request.getfixturevalue(request.param))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_report_asks_for_nothing_and_complains_of_nothing(browser, page, dark):
    visit = browser.visit(page, dark=dark)
    assert visit.requests == [] and visit.complaints == []
    assert browser.run("document.querySelectorAll('svg').length") > 10
    ground = browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (max(ground) < 60) if dark else (min(ground) > 200), ground


@pytest.mark.parametrize("width", [360, 390, 768])
def test_nothing_scrolls_sideways_on_a_small_screen(browser, page, width):
    browser.open(page, width=width, height=800)
    assert browser.run("document.documentElement.scrollWidth") == width
    over = browser.run("""[...document.querySelectorAll('main *:not(.scroll *):not(pre *)')].filter(e => {
        const box = e.getBoundingClientRect();
        return box.width && (box.right > innerWidth + 1 || box.left < -1)
    }).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className) + e.textContent.slice(0, 30))""")
    assert over == []
    smallest = browser.run("""Math.min(...[...document.querySelectorAll('svg text.tick')].map(e =>
        parseFloat(getComputedStyle(e).fontSize) * e.ownerSVGElement.getBoundingClientRect().width
        / e.ownerSVGElement.viewBox.baseVal.width))""")
    assert smallest > 9, f"an axis is labelled in {smallest:.1f} pixels"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser, page, dark):
    browser.open(page, dark=dark)
    assert browser.run(CONTRAST) == []
    pale = "#666666" if dark else "#999999"
    browser.run(f"document.documentElement.style.setProperty('--soft', '{pale}')")
    assert browser.run(CONTRAST), "a pale text was not caught"


def test_the_pointer_and_the_arrow_keys_read_a_chart(browser, digits_run):
    page = report.write(digits_run)
    browser.open(page)
    browser.point("[data-chart=lines] svg", across=0.98)
    text = browser.run("document.querySelector('.tip').innerText.replace(/\\s+/g, ' ')")
    assert text.startswith("epoch 8 training 0.") and "validation 0." in text
    browser.run("document.querySelectorAll('[data-chart=lines]')[1].focus()")
    for kind in ("keyDown", "keyUp"):
        browser.tell("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight")
    text = browser.run("document.activeElement.querySelector('.tip').innerText.replace(/\\s+/g, ' ')")
    assert text.startswith("epoch 1 training") and "%" in text
    assert browser.seen(page).complaints == []


def test_a_hostile_name_runs_nothing(browser, tmp_path):
    evil = '</script><script>document.title="taken"</script>'
    rows = [{"epoch": epoch, "loss": 1 / epoch, evil: epoch} for epoch in (1, 2)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    visit = browser.visit(report.write(tmp_path))
    assert browser.run("document.title") != "taken" and visit.complaints == [] and visit.requests == []


SPOILT = {
    "an exception": ('<script>throw new Error("on purpose")</script>', "complaints", "on purpose"),
    "a late exception": ('<script>setTimeout(() => nothing(), 20)</script>', "complaints", "not defined"),
    "a promise": ('<script>Promise.reject(new Error("nobody cares"))</script>', "complaints", "nobody cares"),
    "console.error": ('<script>console.error("it is wrong")</script>', "complaints", "it is wrong"),
    "a picture": ('<img src="ADDRESS/x.png">', "requests", "/x.png"),
    "a style sheet": ('<link rel="stylesheet" href="ADDRESS/x.css">', "requests", "/x.css"),
    "a font": ('<style>@font-face {font-family: F; src: url(ADDRESS/x.woff)} p {font-family: F}</style><p>F',
               "requests", "/x.woff"),
    "a fetch": ('<script>fetch("ADDRESS/x.json").catch(() => 0)</script>', "requests", "/x.json"),
    "a file beside it": ('<img src="beside.png">', "requests", "beside.png"),
    "what its policy forbids": ('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
                                '<img src="ADDRESS/x.png">', "complaints", "Content Security Policy"),
}


@pytest.fixture(scope="module")
def address():
    """The address of a server on this machine that has nothing to give: the spoilt pages never leave it."""
    class Nothing(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_page_is_caught(browser, tmp_path, address, name):
    source, where, what = SPOILT[name]
    page = tmp_path / "spoilt.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>spoilt</title><link rel=icon href=data:,>"
                    f"{source.replace('ADDRESS', address)}", encoding="utf-8")
    found = getattr(browser.visit(page), where)
    assert any(what in one for one in found), found


def test_a_sound_page_is_not_caught(browser, tmp_path):
    page = tmp_path / "sound.html"
    page.write_text("<!DOCTYPE html><meta charset=utf-8><title>sound</title><link rel=icon href=data:,>"
                    "<img alt=dot src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"
                    "<script>console.log('fine')</script>")
    visit = browser.visit(page)
    assert visit.requests == [] and visit.complaints == []
