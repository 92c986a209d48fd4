"""``appshelf preview`` as an author meets it: the command in a terminal, the store in a browser, files on the disk."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import becomes, needs_browser
from stores import offering, several, write_store

SECONDS = 20
WORDS = "\n\n".join(f"Paragraph {number} of a long text." for number in range(1, 80))


class Preview:
    """The command, running in `folder`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder, self.content = folder, folder / "content"
        command = [sys.executable, "-m", "generator", "preview", "--port", "0", *flags]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"NO_COLOR": "1"},
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.fullmatch(r"The store is at (http://127\.0\.0\.1:\d+/) until you press Ctrl-C\.\n", line)
        assert found, line + self.process.communicate()[1]
        self.address = found[1]

    def end(self, number: int = signal.SIGINT) -> str:
        """End it by a signal, and return what it told on the way."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=SECONDS)
        return told

    def get(self, path: str = "") -> str:
        with urllib.request.urlopen(self.address + path, timeout=SECONDS) as answer:  # noqa: S310  # our own address
            return str(answer.read().decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(
        tmp_path / "content",
        {
            "dusk": offering(
                reference="dusk", name="Dusk", description=WORDS, features=WORDS, card_description="Lights the lamps."
            ),
            "night": offering(id=3, reference="night", name="Night", draft=True),
        },
        store={"title": "Lamps"},
    )
    return tmp_path


@pytest.fixture
def preview(folder: Path) -> Iterator[Preview]:
    preview = Preview(folder)
    yield preview
    preview.process.kill()
    preview.process.communicate()


# ----------------------------------------------------------------------------------------------------- the command


def test_it_says_where_the_store_is_and_what_became_of_it(preview: Preview) -> None:
    assert "Dusk" in preview.get()
    told = preview.end()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  1 offering, made in \d\.\d\d s\n", told)
    assert preview.process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing_behind(folder: Path, number: int) -> None:
    work = folder / "tmp"
    work.mkdir()
    os.environ["TMPDIR"] = str(work)
    try:
        preview = Preview(folder)
    finally:
        del os.environ["TMPDIR"]
    assert [path.name.startswith("appshelf-preview-") for path in work.iterdir()] == [True]
    assert "Traceback" not in preview.end(number)
    assert preview.process.returncode == 128 + number
    assert list(work.iterdir()) == []


def test_the_site_is_never_written(preview: Preview) -> None:
    preview.get("apps/dusk/")
    assert sorted(path.name for path in preview.folder.iterdir()) == ["content"]


def failed(folder: Path, *flags: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "generator", "preview", *flags]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stderr.splitlines()[-1]


def test_a_port_in_use(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        expected = f"appshelf: cannot listen at 127.0.0.1, port {port}: address already in use; choose another --port"
        assert failed(folder, "--port", str(port)) == (2, expected)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--port", "70000"], "70000 is not in the range 0<=x<=65535"),
        (["--host", "192.0.2.1"], "port 8000: cannot assign requested address; choose another --host or --port"),
        (["--host", "no host"], "choose another --host or --port"),
        (["--base-url", "junk"], "--base-url junk: "),
        (["--source", "elsewhere"], "--source elsewhere: expected content, api, or a file that ends in .json"),
        (["--templates", "nowhere"], "--templates nowhere: no such folder"),
    ],
)
def test_a_wrong_call(folder: Path, flags: list[str], reason: str) -> None:
    status, told = failed(folder, *flags)
    assert status == 2
    assert reason in told


def test_problems_are_told_in_the_terminal_too(folder: Path) -> None:
    (folder / "content/store.toml").write_text("titel = 1")
    preview = Preview(folder)
    assert preview.end().startswith("1 problem:\n  content/store.toml:1: titel: unknown key; did you mean title?\n")


def test_warnings_are_counted(folder: Path) -> None:
    (folder / "content/offerings/dusk/stray.txt").write_text("x")
    assert "1 offering, 1 warning, made in" in Preview(folder).end()


def test_a_file_whose_name_is_no_utf_8_does_not_end_it(preview: Preview) -> None:
    folder = os.fsencode(preview.content / "offerings/dusk/attachments")
    os.mkdir(folder)  # noqa: PTH102  # a path of bytes
    Path(os.fsdecode(folder + b"/caf\xe9.txt")).write_text("x")
    until(lambda: "Attachments" in preview.get("apps/dusk/") or 'class="problems"' in preview.get(), "the file")
    replace_in(preview.content / "store.toml", "Lamps", "Lanterns")
    until(lambda: "Lanterns" in preview.get("404.html"), "a later change")


def test_a_terminal_that_is_gone_does_not_end_it(preview: Preview) -> None:
    assert preview.process.stderr
    preview.process.stderr.close()
    for name in ("Lanterns", "Candles"):
        text = (preview.content / "store.toml").read_text()
        (preview.content / "store.toml").write_text(re.sub('title = ".*"', f'title = "{name}"', text))
        until(lambda name=name: name in preview.get(), name)  # type: ignore[misc]


def test_an_edit_behind_a_link_shows_too(folder: Path) -> None:
    shutil.move(folder / "content/offerings/dusk", folder / "content/.dusk")
    (folder / "content/offerings/dusk").symlink_to("../.dusk", target_is_directory=True)
    preview = Preview(folder)
    replace_in(folder / "content/.dusk/offering.toml", "Lights the lamps.", "Lights every lamp.")
    until(lambda: "Lights every lamp." in preview.get(), "the edit")
    preview.end()


def test_quiet_tells_only_problems(folder: Path) -> None:
    assert Preview(folder, "-q").end() == ""


# ----------------------------------------------------------------------------------------------------- in the browser


@pytest.fixture
def page(browser: Browser, preview: Preview) -> Iterator[Page]:
    """A page of the author's; whatever breaks in it, is blocked, or leaves for another origin, fails the test."""
    context = browser.new_context(base_url=preview.address, viewport={"width": 1280, "height": 800})
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    context.on("request", lambda request: request.url.startswith(preview.address) or wrong.append(request.url))
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    expect.set_options(timeout=SECONDS * 1000)
    yield page
    context.close()
    expected = re.compile("status of (404|500)|ERR_CONNECTION_REFUSED")
    assert [it for it in wrong if not expected.search(it)] == []


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestInTheBrowser:
    pytestmark = needs_browser

    def test_a_saved_change_shows_by_itself(self, preview: Preview, page: Page) -> None:
        page.goto("")
        replace_in(preview.content / "offerings/dusk/offering.toml", "Lights the lamps.", "Lights every lamp.")
        expect(page.get_by_text("Lights every lamp.")).to_be_visible()

    def test_the_place_and_the_tab_stay(self, preview: Preview, page: Page) -> None:
        page.goto("apps/dusk/#features")
        page.evaluate("scrollTo(0, 1234)")
        replace_in(preview.content / "offerings/dusk/features.md", "Paragraph 1 of", "Another paragraph of")
        expect(page.get_by_text("Another paragraph of a long text.")).to_be_attached()
        expect(page.get_by_role("tab", selected=True)).to_have_text("Features")
        becomes(page, "scrollY === 1234")

    def test_a_mistake_lies_over_the_last_good_page_and_goes_when_it_is_mended(
        self, preview: Preview, page: Page
    ) -> None:
        toml = preview.content / "offerings/dusk/offering.toml"
        good = toml.read_text()
        page.goto("apps/dusk/")
        toml.write_text("nmae = true\n" + good)
        problems = page.get_by_role("region", name="1 problem")
        expect(problems).to_contain_text("content/offerings/dusk/offering.toml:1")
        expect(problems).to_contain_text("nmae unknown key; did you mean name?")
        expect(problems.locator(".meant")).to_have_text("1nmae = true")
        expect(page.get_by_role("heading", name="Dusk", level=1)).to_be_attached()
        toml.write_text(good)
        expect(problems).to_have_count(0)
        expect(page.get_by_role("heading", name="Dusk", level=1)).to_be_visible()

    def test_the_message_can_be_hidden(self, preview: Preview, page: Page) -> None:
        (preview.content / "store.toml").write_text("title = 1")
        page.goto("")
        problems = page.get_by_role("region", name="1 problem")
        expect(problems).to_be_visible()
        page.keyboard.press("Escape")
        expect(problems).to_have_count(0)

    def test_drafts_are_switched_on_and_off(self, page: Page) -> None:
        page.goto("")
        bar = page.get_by_role("navigation", name="Preview")
        expect(page.get_by_role("link", name="Night")).to_have_count(0)
        bar.get_by_role("link", name="Drafts").click()
        expect(page.get_by_role("link", name="Night")).to_be_visible()
        expect(page.locator(".card").filter(has_text="Night")).to_contain_text("Draft")
        page.get_by_role("link", name="Night").click()
        expect(page.get_by_role("heading", name="Night", level=1)).to_be_visible()
        bar.get_by_role("link", name="Drafts").click()
        expect(page.get_by_role("heading", name="There is no page at this address")).to_be_visible()

    def test_each_part_tells_where_it_is_written(self, page: Page) -> None:
        page.goto("apps/dusk/")
        mark = "getComputedStyle(document.querySelector('.lede'), '::before').content"
        assert page.evaluate(mark) == "none"
        page.get_by_role("button", name="Sources").click()
        assert re.fullmatch(r'"dusk/offering.toml:\d+ · 17 of 255"', page.evaluate(mark))
        page.reload()
        assert "17 of 255" in page.evaluate(mark)
        page.get_by_role("button", name="Sources").click()
        assert page.evaluate(mark) == "none"

    @pytest.mark.long
    def test_a_page_that_was_open_before_a_restart_loads_again(self, preview: Preview, page: Page) -> None:
        page.goto("")
        port = preview.address.rstrip("/").rpartition(":")[2]
        preview.end()
        replace_in(preview.content / "offerings/dusk/offering.toml", "Lights the lamps.", "Lights again.")
        again = Preview(preview.folder, "--port", port)
        expect(page.get_by_text("Lights again.")).to_be_visible()
        again.end()

    @pytest.mark.long
    @pytest.mark.parametrize("width", [320, 390, 1280])
    def test_the_panel_never_scrolls_the_page_sideways(self, preview: Preview, page: Page, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 800})
        (preview.content / "store.toml").write_text(f"title = {'1' * 500}")
        page.goto("")
        page.get_by_role("region", name="1 problem").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    @pytest.mark.long
    def test_a_thousand_events_in_a_second(self, preview: Preview, page: Page) -> None:
        page.goto("apps/dusk/")
        text = preview.content / "offerings/dusk/description.md"
        for number in range(1000):
            text.write_text(f"Change {number}.")
        expect(page.get_by_text("Change 999.")).to_be_visible()


BROKEN: dict[str, Callable[[Path], object]] = {
    "an offering's TOML": lambda c: (c / "offerings/dusk/offering.toml").write_text("= ="),
    "the store's TOML": lambda c: (c / "store.toml").write_text("[["),
    "a text": lambda c: (c / "offerings/dusk/description.md").write_bytes(b"\xff\xfe\x00"),
    "a picture": lambda c: (c / "offerings/dusk/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n"),
    "a drawing": lambda c: (c / "offerings/dusk/picture.svg").write_text("<svg"),
    "a template": lambda c: write(c.parent / "templates/index.html", "{% for %}"),
    "a partial template": lambda c: write(c.parent / "templates/_card.html", "{{ }}"),
    "an offering deleted half-way": lambda c: (c / "offerings/dusk/offering.toml").unlink(),
    "the offerings deleted": lambda c: shutil.rmtree(c / "offerings"),
    "the content deleted": lambda c: shutil.rmtree(c),
    "a file where the content was": lambda c: shutil.rmtree(c) or c.write_text("x"),
    "a FIFO": lambda c: os.mkfifo(c / "offerings/dusk/compliance.md"),
    "a loop of links": lambda c: (c / "offerings/dusk/attachments").symlink_to("attachments"),
}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_it_survives_a_mistake_in_every_kind_of_file(folder: Path) -> None:
    """The page tells the mistake, and is whole again when it is mended; the process is one and the same."""
    (folder / "templates").mkdir()
    shutil.copytree(folder / "content", folder / "kept")
    preview = Preview(folder)
    for name, damage in BROKEN.items():
        damage(folder / "content")
        until(lambda: "<appshelf-preview>" in preview.get() and 'class="problems"' in preview.get(), name)
        if (folder / "content").is_dir():
            shutil.rmtree(folder / "content")
        else:
            (folder / "content").unlink(missing_ok=True)
        for template in (folder / "templates").iterdir():
            template.unlink()
        shutil.copytree(folder / "kept", folder / "content")
        until(lambda: 'class="problems"' not in preview.get() and "Dusk" in preview.get(), name)
    assert "Traceback" not in preview.end()


def until(holds: Callable[[], bool], name: str) -> None:
    """Ask again and again; each question is a request, so nothing needs to be slept."""
    for _ in range(3000):
        if holds():
            return
    raise AssertionError(f"{name}: it did not come about")


@pytest.mark.long
def test_a_larger_store_is_followed_too(tmp_path: Path) -> None:
    write_store(tmp_path / "content", several(300, description="Words."))
    preview = Preview(tmp_path)
    (tmp_path / "content/offerings/wdc_app_7/description.md").write_text("Other words.")
    until(lambda: "Other words." in preview.get("apps/wdc_app_7/"), "a change")
    shutil.rmtree(tmp_path / "content/offerings/wdc_app_8")
    until(lambda: "300 apps" not in preview.get() and "299" in preview.get(), "an offering less")
    preview.end()
