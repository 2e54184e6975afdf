#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drive.py PAGE.html FOLDER [CLAIMS.html]: opens the page in headless Chromium and looks whether it does what it should.

Speaks the WebDriver protocol to chromedriver, with the standard library alone. Screenshots go to FOLDER. Exit 0 when all
holds, 1 with a line for each thing that does not, 77 when there is no Chromium to try with.
"""
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

FAILURES = []


def expect(holds, what):
    if not holds:
        FAILURES.append(what)


class Browser:
    def __init__(self, folder, dark=False):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen([shutil.which("chromedriver"), f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={folder}/profile-{'dark' if dark else 'light'}"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}}, wait=30)["sessionId"]

    def call(self, method, path, body=None, wait=0):
        data = None if body is None else json.dumps(body).encode()
        end = time.monotonic() + wait
        while True:
            request = urllib.request.Request(self.base + path, data=data, method=method,
                                             headers={"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)["value"]
            except urllib.error.HTTPError as error:
                raise SystemExit(f"chromedriver: {error.read().decode()[:500]}")
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def on(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def open(self, path):
        self.on("POST", "/url", {"url": "file://" + os.path.abspath(path)})

    def resize(self, width, height=900):
        # The window of a browser has a least width; the page's view has none.
        self.on("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}})

    def run(self, script):
        return self.on("POST", "/execute/sync", {"script": script, "args": []})

    def log(self, kind):
        return self.on("POST", "/se/log", {"type": kind})

    def picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.on("GET", "/screenshot")))

    def close(self):
        try:
            self.on("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def asked_for(browser):
    """The addresses that the page asked for, itself left out."""
    addresses = []
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            addresses.append(message["params"]["request"]["url"])
    # What the browser asks for on its own account, such as a new tab's pictures, is not the page's.
    return [address for address in addresses if not address.endswith(".html") and not address.startswith(("chrome", "data:"))]


def look_at_load(browser):
    errors = [entry["message"] for entry in browser.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    expect(not errors, f"the console says {len(errors)} things, first: {errors[:1]}")
    requests = asked_for(browser)
    expect(not requests, f"the page asks for {requests[:3]}")
    expect(browser.run("return document.querySelectorAll('figure svg').length") > 0, "there is no chart")
    expect(browser.run("return [...document.querySelectorAll('figure svg')].every(e => e.getAttribute('aria-label').length > 9)"),
           "a chart has no alternative text")
    ids = browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    expect(len(ids) == len(set(ids)), "two elements have one id")


def look_at_csp(browser):
    browser.run("""
        const script = document.createElement('script');
        script.textContent = 'document.title = "taken over"';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'https://example.org/x.png';
        document.body.append(image);""")
    expect(browser.run("return document.title") != "taken over", "a script that came later runs")
    time.sleep(0.2)
    expect(any("Content Security Policy" in entry["message"] for entry in browser.log("browser")), "the policy refuses nothing")


def look_at_picker(browser):
    names = browser.run("return [...document.querySelectorAll('.picker input')].map(e => e.value)")
    expect(len(names) >= 2, f"the picker has {names}")
    if not names:
        return
    state = f"""
        const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).display !== 'none';
        const name = {json.dumps(names[0])};
        const marks = [...document.querySelectorAll('svg .series')].filter(e => e.dataset.series === name);
        const others = [...document.querySelectorAll('svg .series')].filter(e => e.dataset.series !== name);
        const rows = [...document.querySelectorAll('tbody tr')].filter(e => e.cells[0].textContent === name);
        return [marks.filter(e => getComputedStyle(e).display !== 'none').length, rows.filter(shown).length,
                others.filter(e => getComputedStyle(e).display !== 'none').length];"""
    before = browser.run(state)
    expect(before[0] > 0 and before[1] > 0, f"{names[0]} has no marks or no rows: {before}")
    browser.run("document.querySelector('.picker input').click()")
    expect(browser.run(state) == [0, 0, before[2]], f"unticked, {names[0]} shows still, or others do not: {browser.run(state)}")
    browser.run("document.querySelector('.picker input').click()")
    expect(browser.run(state) == before, f"ticked again, {names[0]} does not come back")


def look_at_sort(browser):
    """Values with prefixes sort by what they are, not by their digits."""
    order = browser.run("""
        for (const found of document.querySelectorAll('table')) {
          for (let column = 1; column < found.rows[0].cells.length; column++) {
            const read = () => [...found.tBodies[0].rows].map(row => row.cells[column] ? row.cells[column].textContent : '');
            if (read().length < 2 || !read().every(v => /^[\\d.]+ [kMG]? ?ops/.test(v))) continue;
            const button = found.querySelectorAll('th button')[column];
            button.click(); const up = read();
            button.click(); const down = read();
            return [up, down, found.querySelectorAll('th')[column].getAttribute('aria-sort')];
          }
        }
        return null;""")
    expect(order is not None, "no table has operations per second")
    if order is None:
        return
    scale = {"k": 1e3, "M": 1e6, "G": 1e9}
    numbers = [float(text.split()[0]) * scale.get(text.split()[1], 1) for text in order[0]]
    expect(numbers == sorted(numbers), f"sorted upwards: {order[0]}")
    expect(order[1] == order[0][::-1] and order[2] == "descending", f"sorted downwards: {order[1]}, {order[2]}")


def look_at_values(browser):
    titles = browser.run("return [...document.querySelectorAll('svg .value > title')].map(e => e.textContent)")
    expect(len(titles) > 1, "no mark has its value")
    expect(all(": " in title for title in titles), f"values without their name: {titles[:3]}")


def look_at_widths(browser, folder):
    for width in (360, 1400):
        browser.resize(width)
        over = browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        expect(over[0] <= over[1], f"at {width} px the page is {over[0]} wide in a view of {over[1]}")
        drawn = browser.run("return Math.min(...[...document.querySelectorAll('figure svg')].map(e => e.getBoundingClientRect().width))")
        expect(drawn >= 500, f"at {width} px a chart is {drawn} wide, too small for its words")
        browser.picture(f"{folder}/{width}.png")


MOST_NOTES = 5
LONG_NOTE = "<p class=\"note\">What weakens the figures, in a sentence that is longer than any telephone is wide</p>\n"
COUNTS = "<p>Of 25 claims from the lecture: holds 9, does not hold 8, depends 7, not shown here 1.</p>\n"


def summary_of(page, path, tables=None):
    """Writes the page's summary without what follows to `path`; with `tables`, as it would be with tables of so many claims
    and some notes, made of its own rows."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    before, first, rest = re.split(r"(?<=<section class=\"first\" aria-label=\"summary\">\n)|(?=</section>)", text, maxsplit=2)
    if tables:
        head, rows = re.search(r"<div class=\"table\">.*?<tbody>\n", first, re.S)[0], re.findall(r"<tr><td>.*?</tr>\n", first)
        first = LONG_NOTE * MOST_NOTES + (COUNTS * len(tables) if sum(tables) > 1 else "")
        for count in tables:
            first += head + "".join(rows[i % len(rows)] for i in range(count)) + "</tbody></table></div>\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + first + "</section>" + rest[rest.rindex("<script>"):])
    return path


# Each as its lowest edge: what must be known before any verdict, and the verdicts (what a star means stands below its
# table). Then what is cut off: a ratio, or one of the words that verdicts begin with.
SUMMARY = """
    const low = selector => Math.max(0, ...[...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect().bottom));
    const cut = [...document.querySelectorAll('.first td:nth-child(3) > div')].filter(e =>
      e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1).map(e => e.textContent);
    for (const cell of document.querySelectorAll('.first td:nth-child(2) > div')) {
      const word = /^(holds|does not hold|depends|not shown here)/.exec(cell.textContent), range = document.createRange();
      range.setStart(cell.firstChild, 0);
      range.setEnd(cell.firstChild, word ? word[0].length : 1);
      const inner = range.getBoundingClientRect(), outer = cell.getBoundingClientRect();
      if (!word || inner.bottom > outer.bottom + 1 || inner.right > outer.right) cut.push(cell.textContent);
    }
    return {known: low('h1, h1 + p, .first .note, .first > p:not(.table ~ p)'), verdicts: low('.first tbody tr'), cut: cut,
            rows: document.querySelectorAll('.first tbody tr').length, notes: document.querySelectorAll('.first .note').length,
            right: document.documentElement.scrollWidth - document.documentElement.clientWidth};"""


def look_at_summary(browser, page, width, height, most, what):
    """What must be known is there without a scroll; the verdicts, too, where there are no more than `most` and few notes."""
    browser.resize(width, height)
    browser.open(page)
    found, at = browser.run(SUMMARY), f"{what} at {width} x {height}"
    expect(found["rows"] > 0 and found["known"] > 0, f"{at}: no claim, or nothing known")
    expect(found["known"] <= height, f"{at}: what must be known ends at {found['known']}")
    few = found["rows"] <= most and found["notes"] <= MOST_NOTES
    expect(not few or found["verdicts"] <= height, f"{at}: the verdicts end at {found['verdicts']}")
    expect(not found["cut"], f"{at}: {len(found['cut'])} are cut, first: {found['cut'][:1]}")
    expect(found["right"] <= 0, f"{at}: {found['right']} px too wide")
    return found


def look_at_first_screen(browser, page, folder):
    """Machine, warnings and the verdict of each claim: on a desk's screen as many as a full run has, 25 of a source and 28
    others, on a phone's the 16 of a standard run. The run's own may be any number."""
    own, made = summary_of(page, f"{folder}/own.html"), f"{folder}/made.html"
    for width, height, most in ((1400, 900, 53), (360, 740, 16)):
        look_at_summary(browser, own, width, height, most, "the run's summary")
        browser.picture(f"{folder}/first-{width}.png")
        for tables in ((1,), (16,), (10, 6), (25, 28)):
            found = look_at_summary(browser, summary_of(page, made, tables), width, height, most, f"claims {tables}")
            expect(found["rows"] == sum(tables) and found["notes"] == MOST_NOTES, f"claims {tables}: made {found}")


def look_at_notes(browser, page):
    """On a phone a long note is a line and, touched, all of it; a wide screen has it whole."""
    read = """
        const note = document.querySelector('.first .note'), text = note.firstElementChild || note;
        return [text.clientHeight, text.scrollWidth - text.clientWidth, note.querySelectorAll('button').length];"""
    browser.resize(360, 740)
    browser.open(page)
    folded = browser.run(read)
    browser.run("for (const button of document.querySelectorAll('.first .note button')) button.click();")
    whole = browser.run(read)
    expect(folded[1] > 0 and whole[0] > folded[0] and whole[1] <= 0, f"a note: {folded}, touched {whole}")
    browser.resize(1400, 900)
    browser.open(page)
    wide = browser.run(read)
    expect(wide[1] <= 0 and wide[2] == 0, f"a note on a wide screen: {wide}")


def look_at_picker_box(browser):
    """The box sticks to the top of the view, over the page: what stood on its border would have no paper behind it. A
    heading that a link leads to is not below it, however many lines its names take."""
    above = browser.run("""
        const box = document.querySelector('.picker'), legend = box.querySelector('legend');
        return box.getBoundingClientRect().top - legend.getBoundingClientRect().top;""")
    expect(above < 0, "the picker's legend stands on its border, half outside its paper")
    under = browser.run("""
        const box = document.querySelector('.picker'), heading = document.querySelector('h2');
        const own = box.querySelectorAll('label').length;
        for (let i = 0; i < 60; i++) box.append(box.querySelector('label').cloneNode(true));
        dispatchEvent(new Event('resize'));
        heading.scrollIntoView();
        const lines = box.getBoundingClientRect(), words = document.createRange();
        words.selectNodeContents(heading);
        const found = lines.bottom - words.getBoundingClientRect().top;
        while (box.querySelectorAll('label').length > own) box.lastElementChild.remove();
        dispatchEvent(new Event('resize'));
        return [lines.height, found];""")
    expect(under[0] > 80 and under[1] <= 0, f"a picker of {under[0]} px covers {under[1]} px of a heading")


def look_at_print(browser):
    """What scrolls is not broken across pages: a table longer than the rest of a page would leave that rest empty."""
    browser.on("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}})
    scrolled = browser.run("""
        return [...document.querySelectorAll('.table, figure, pre')].filter(e => getComputedStyle(e).overflowX !== 'visible').length""")
    expect(scrolled == 0, f"in print {scrolled} boxes scroll")
    kept = browser.run("return [...document.querySelectorAll('tr')].every(e => getComputedStyle(e).breakInside === 'avoid')")
    expect(kept, "in print a row may be broken")
    browser.on("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": ""}})


CONTRAST = """
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = light(parse(getComputedStyle(document.body).backgroundColor));
    let least = 21, at = '';
    for (const element of document.querySelectorAll('h1, h2, p, td, th button, a, label, pre, .copy')) {
      const ink = light(parse(getComputedStyle(element).color));
      const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      if (ratio < least) { least = ratio; at = element.tagName + ' ' + element.className; }
    }
    return [least, at, paper];"""


def look_at_contrast(browser, dark):
    least, element, paper = browser.run(CONTRAST)
    expect(least >= 4.5, f"{element}: contrast {least:.2f}, less than 4.5, {'dark' if dark else 'light'}")
    expect((paper < 0.2) == dark, f"the paper is {paper:.2f} bright, {'dark' if dark else 'light'}")


def main():
    page, folder, claims = (*sys.argv[1:], None)[:3]
    for name in ("chromium", "chromedriver"):
        if not shutil.which(name):
            print(f"skipped: {name} is not installed (packages chromium and chromium-driver)")
            return 77
    for dark in (False, True):
        browser = Browser(folder, dark)
        try:
            browser.open(page)
            look_at_contrast(browser, dark)
            if dark:
                browser.picture(f"{folder}/dark.png")
                continue
            look_at_load(browser)
            look_at_picker(browser)
            look_at_sort(browser)
            look_at_values(browser)
            look_at_picker_box(browser)
            look_at_widths(browser, folder)
            look_at_print(browser)
            look_at_csp(browser)
            if claims:
                look_at_first_screen(browser, claims, folder)
                look_at_notes(browser, summary_of(claims, f"{folder}/made.html", (1,)))
        finally:
            browser.close()
    for failure in FAILURES:
        print(failure)
    return 1 if FAILURES else 0


sys.exit(main())
