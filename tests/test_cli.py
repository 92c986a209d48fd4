"""The command line as people and programs meet it: statuses, words, streams and signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import generator
from generator import cli
from site_checks import check_site, tree
from stores import offering, several, write_records, write_store

ROOT = Path(generator.__file__).parents[1]
PROBLEM = re.compile(
    r"(?P<where>[^:\n]+)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?: (?P<field>[\w.\[\]]+): (?P<reason>.+)"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Answer:
    """How a call ended: its status and what it said."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def problems(self) -> list[str]:
        """The lines of stderr that tell a problem: they are indented."""
        return [line.strip() for line in self.err.splitlines() if line.startswith(" ")]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a store of two, which is the working folder."""
    write_store(tmp_path / "content", several(2), store={"title": "Shop"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Any:
    """Call the command line in this process."""

    def call(*arguments: str) -> Answer:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        said = capfd.readouterr()
        assert isinstance(stopped.value.code, int)
        return Answer(stopped.value.code, said.out, said.err)

    return call


def environment(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **changes}


def run(folder: Path, *arguments: str, **changes: str) -> Answer:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", *arguments],
        cwd=folder,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def break_one(shop: Path) -> None:
    """Give the store a problem with line and field, one with line and column, and a warning."""
    write_store(shop / "content", [offering(id=3, reference="wdc_app_3", name="x" * 129)])
    (shop / "content/offerings/wdc_app_1/offering.toml").write_text('id = 1\nname = "open\n')
    (shop / "content/offerings/wdc_app_2/notes.md").write_text("unknown")


# Statuses


def test_done_is_0(shop: Path) -> None:
    done = run(shop, "build")
    assert (done.status, done.err) == (0, "")
    check_site(shop / "site")


def test_problems_are_1(shop: Path) -> None:
    break_one(shop)
    done = run(shop, "build")
    assert (done.status, done.out) == (1, "")
    assert not (shop / "site").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("unknown",),
        ("build", "--unknown"),
        ("build", "--jobs", "0"),
        ("build", "--jobs", "many"),
        ("build", "--base-url"),
        ("build", "--base-url", "apps.example.com"),
        ("build", "--source", "spreadsheet"),
        ("build", "surplus"),
        ("check", "--unknown"),
        ("new",),
        ("init",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2(shop: Path, call: Any, arguments: tuple[str, ...]) -> None:
    answer = call(*arguments)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err
    assert "Traceback" not in answer.err
    assert not (shop / "site").exists()


def test_wrong_usage_is_2_in_a_process(shop: Path) -> None:
    answer = run(shop, "unknown")
    assert (answer.status, answer.out) == (2, "")
    assert "unknown" in answer.err


def test_without_a_command_help_is_shown(call: Any) -> None:
    answer = call()
    assert answer.status in {0, 2}
    assert all(command in answer.out + answer.err for command in ("build", "check", "init", "new"))


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_0(call: Any, flag: str) -> None:
    answer = call("build", flag)
    assert (answer.status, answer.err) == (0, "")
    for option in ("--content", "--output", "--templates", "--source", "--base-url", "--drafts", "--jobs", "--strict"):
        assert option in answer.out
    assert all(option in answer.out for option in ("--no-cache", "--no-search", "--json", "--quiet", "--verbose"))


def test_the_flags_of_the_design_are_accepted(shop: Path, call: Any) -> None:
    """`content` and the other defaults said aloud, as scripts do."""
    records = write_records(shop / "records.json", several(1))
    flags = "--content content --output out --templates templates --drafts --jobs 1 --no-cache --no-search --strict"
    answer = call("build", *flags.split(), "--source", str(records), "--base-url", "https://apps.example.com/")
    assert answer.status == 0, answer.err
    check_site(shop / "out", "https://apps.example.com/")


def test_the_version(tmp_path: Path) -> None:
    """From the project file, also where the package is run from its folder."""
    answer = run(tmp_path, "--version")
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert (answer.status, answer.err) == (0, "")
    assert version[1] in answer.out
    assert answer.out.startswith("appshelf ")


def test_importing_the_command_line_imports_nothing_heavy(tmp_path: Path) -> None:
    script = "import sys, generator.cli; print({'pydantic', 'jinja2', 'PIL', 'markdown_it', 'nh3'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


# Words


def test_a_build_tells_what_it_did(shop: Path, call: Any) -> None:
    write_store(shop / "content", [offering(id=3, reference="d", name="D", draft=True)])
    write_store(shop / "content", [offering(id=4, reference="e", name="E", disabled=True)])
    answer = call("build")
    assert answer.status == 0
    assert re.search(r"^Built 2 offerings into site in \d+\.\d s$", answer.out, re.MULTILINE)
    assert re.search(r"left out +1 disabled, 1 draft\n", answer.out)
    assert "base_url" in answer.out
    count = len(tree(shop / "site")) - 1
    assert f"{count} files" in answer.out
    assert f"{count} written, 0 removed, 0 as they were" in answer.out


def test_a_second_build_tells_that_nothing_changed(shop: Path, call: Any) -> None:
    call("build")
    assert "0 written, 0 removed" in call("build").out


def test_check_writes_nothing_and_says_so(shop: Path, call: Any) -> None:
    before = tree(shop)
    answer = call("check")
    assert answer.status == 0
    assert re.search(r"^Checked 2 offerings in", answer.out)
    assert "written" not in answer.out
    assert tree(shop) == before


def test_one_is_not_many(shop: Path, call: Any) -> None:
    (shop / "content/offerings/wdc_app_2/offering.toml").unlink()
    (shop / "content/offerings/wdc_app_2").rmdir()
    assert "1 offering into" in call("build").out


def test_problems_go_to_stderr_in_the_documented_form(shop: Path, call: Any) -> None:
    break_one(shop)
    answer = call("build")
    assert (answer.status, answer.out) == (1, "")
    where = "content/offerings/wdc_app_{}"
    assert answer.problems[0].startswith(f"{where.format(2)}/notes.md: ")
    long_name, open_text = answer.problems[2], answer.problems[1]
    assert long_name == f"{where.format(3)}/offering.toml:3: name: 129 characters, at most 128"
    assert PROBLEM.fullmatch(long_name)
    assert re.match(rf"{where.format(1)}/offering\.toml:2:\d+: is no TOML: ", open_text)
    assert re.search(r"^1 warning:$", answer.err, re.MULTILINE)
    assert re.search(r"^2 problems:$", answer.err, re.MULTILINE)


def test_problems_of_a_store_elsewhere_name_it_from_the_root(shop: Path, call: Any, tmp_path_factory: Any) -> None:
    content = write_store(tmp_path_factory.mktemp("elsewhere"), [offering(name="x" * 129)])
    (problem,) = call("check", "--content", str(content)).problems
    assert problem.startswith(f"{content}/offerings/wdc_note_dispatcher/offering.toml:3: name: ")


def test_warnings_go_to_stderr_and_the_result_to_stdout(shop: Path, call: Any) -> None:
    (shop / "content/offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)")
    answer = call("build")
    assert answer.status == 0
    (problem,) = answer.problems
    assert problem.startswith("content/offerings/wdc_app_2/features.md:1: features: ")
    assert "features.md" not in answer.out


def test_a_build_tells_ten_warnings_and_how_many_more(shop: Path, call: Any) -> None:
    """So that what it did does not scroll away; whoever wants all of them can have them."""
    text = "".join(f"[lost](attachments/{number}.pdf)\n\n" for number in range(13))
    (shop / "content/offerings/wdc_app_2/features.md").write_text(text)
    answer = call("build")
    assert len(answer.problems) == 11
    assert answer.problems[-1].startswith("and 3 more; ")
    assert "13 warnings:" in answer.err
    assert len(call("build", "--verbose").problems) == len(call("build", "--strict").problems) == 13
    assert sum("features.md" in problem for problem in call("check").problems) == 13
    assert len(call("build", "--json").json["problems"]) == 13


def test_strict_warnings_are_1(shop: Path, call: Any) -> None:
    (shop / "content/offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)")
    answer = call("build", "--strict")
    assert (answer.status, answer.out) == (1, "")
    assert len(answer.problems) == 1
    assert not (shop / "site").exists()


def test_quiet_says_nothing_when_all_is_well(shop: Path, call: Any) -> None:
    answer = call("build", "-q")
    assert (answer.status, answer.out, answer.err) == (0, "", "")


def test_quiet_still_tells_problems(shop: Path, call: Any) -> None:
    break_one(shop)
    answer = call("build", "--quiet")
    assert (answer.status, answer.out) == (1, "")
    assert len(answer.problems) == 3


def test_verbose_tells_the_time_of_each_stage(shop: Path, call: Any) -> None:
    answer = call("build", "-v")
    (times,) = (line for line in answer.out.splitlines() if "time" in line)
    assert re.findall(r"(\w+) \d+\.\d\d s", times) == ["check", "files", "history", "plan", "render", "commit"]
    assert "render" not in call("build").out


def test_a_folder_without_a_store_says_how_to_begin(tmp_path: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("build")
    assert (answer.status, answer.out) == (1, "")
    assert "appshelf init" in answer.err


def test_an_output_that_is_not_ours_is_1(shop: Path, call: Any) -> None:
    (shop / "site").mkdir()
    (shop / "site/thesis.txt").write_text("years of work")
    answer = call("build")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("appshelf: site: ")
    assert tree(shop / "site") == {"thesis.txt": b"years of work"}


# For programs


def test_json_of_a_build(shop: Path, call: Any) -> None:
    (shop / "content/offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)")
    answer = call("build", "--json")
    assert (answer.status, answer.err) == (0, "")
    found = answer.json
    seconds, (warning,) = found.pop("seconds"), found.pop("problems")
    files = len(tree(shop / "site")) - 1
    assert found == {
        "ok": True,
        "offerings": 2,
        "pages": sum(path.endswith(".html") for path in tree(shop / "site")),
        "files": files,
        "disabled": 0,
        "drafts": 0,
        "has_address": False,
        "committed": {"written": files, "unchanged": 0, "removed": 0},
    }
    assert list(seconds) == ["check", "files", "history", "plan", "render", "commit", "search"]
    assert warning.pop("reason")
    assert warning == {
        "where": "content/offerings/wdc_app_2/features.md",
        "field": "features",
        "line": 1,
        "column": None,
        "warning": True,
    }


def test_json_of_a_check(shop: Path, call: Any) -> None:
    answer = call("check", "--json", "--verbose")
    assert (answer.status, answer.err) == (0, "")
    assert answer.json["ok"] is True
    assert answer.json["committed"] is None


@pytest.mark.parametrize("command", ["build", "check"])
def test_json_of_a_failure(shop: Path, call: Any, command: str) -> None:
    break_one(shop)
    answer = call(command, "--json")
    assert (answer.status, answer.err) == (1, "")
    assert answer.json.keys() == {"ok", "problems"}
    assert answer.json["ok"] is False
    assert {
        "where": "content/offerings/wdc_app_3/offering.toml",
        "field": "name",
        "reason": "129 characters, at most 128",
        "line": 3,
        "column": None,
        "warning": False,
    } in answer.json["problems"]
    assert len(answer.json["problems"]) == {"build": 3, "check": 4}[command], "a check goes on, with its hints"


def test_json_of_an_output_that_cannot_be_written(shop: Path, call: Any) -> None:
    """A program that asked for JSON reads JSON, whatever failed."""
    (shop / "site").mkdir()
    (shop / "site/thesis.txt").write_text("years of work")
    answer = call("build", "--json")
    assert answer.status == 1
    assert answer.json["ok"] is False


# Terminals


def on_a_terminal(folder: Path, *arguments: str, **changes: str) -> tuple[int, str]:
    """Run with a terminal as stdout and stderr; return the status and all that it showed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "generator", *arguments],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = "".join(_said(ours))
        os.close(ours)
        return process.wait(timeout=60), said


def _said(terminal: int) -> Iterator[str]:
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # EIO: the other end is closed
            return
        if not part:
            return
        yield part.decode(errors="replace")


def test_a_terminal_gets_colour_and_progress(shop: Path) -> None:
    status, said = on_a_terminal(shop, "build")
    assert status == 0
    assert COLOUR.search(said)
    assert re.search(r"\r\x1b\[Kfiles +━+ *\d of 2\r", said)


@pytest.mark.parametrize(
    ("arguments", "is_broken"),
    [("build", False), ("build", True), ("check", True), ("build --source spreadsheet", False), ("unknown", False)],
)
def test_no_color_is_obeyed_everywhere(shop: Path, arguments: str, is_broken: bool) -> None:
    if is_broken:
        break_one(shop)
    _, said = on_a_terminal(shop, *arguments.split(), NO_COLOR="1")
    assert said
    assert COLOUR.findall(said) == []


def test_problems_on_a_terminal_are_coloured(shop: Path) -> None:
    break_one(shop)
    status, said = on_a_terminal(shop, "build")
    assert status == 1
    assert COLOUR.search(said)


@pytest.mark.parametrize("flag", ["--quiet", "--json"])
def test_nothing_moves_when_quiet_or_for_programs(shop: Path, flag: str) -> None:
    status, said = on_a_terminal(shop, "build", flag)
    assert status == 0
    assert "\x1b[K" not in said


def test_nothing_moves_and_nothing_is_coloured_elsewhere(shop: Path) -> None:
    break_one(shop)
    for answer in (run(shop, "build"), run(shop, "check")):
        assert not {"\r", "\x1b"} & {*answer.out, *answer.err}


# Pipes and signals


def test_a_closed_pipe_ends_quietly(shop: Path) -> None:
    """As in ``appshelf build | head -0``: the site is there, and nobody sees a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "generator", "build"],
        cwd=shop,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode in {0, 1, 141}
    check_site(shop / "site")


def test_problems_that_nobody_reads_are_still_1(shop: Path) -> None:
    """As in ``appshelf build 2>&1 | head -0``."""
    break_one(shop)
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "generator", "build"], cwd=shop, env=environment(), stdout=writing, stderr=writing
    ) as process:
        os.close(writing)
        assert process.wait(timeout=60) == 1


def ctrl_c(pid: int) -> None:
    """A terminal sends it to the whole group."""
    os.killpg(pid, signal.SIGINT)


def terminate(pid: int) -> None:
    """A CI service and `timeout` send it to the main process alone."""
    os.kill(pid, signal.SIGTERM)


def interrupted(shop: Path, marker: bytes, *flags: str, end: Callable[[int], None] = ctrl_c) -> tuple[int, str]:
    """Build on a terminal, `end` it once `marker` was shown, and read on until its last process is gone."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "generator", "build", *flags],
        cwd=shop,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        said = b""
        while not re.search(marker, said):
            said += os.read(ours, 65536)
        end(process.pid)
        rest = "".join(_said(ours))
        os.close(ours)
        return process.wait(timeout=60), said.decode(errors="replace") + rest


def test_an_interrupt_is_130_and_changes_nothing(shop: Path) -> None:
    """The page's loop would take weeks, so the signal comes while it runs."""
    run(shop, "build")
    before = tree(shop / "site")
    (shop / "templates").mkdir()
    (shop / "templates/404.html").write_text("{% for _ in range(10**15) %}{% endfor %}")
    status, said = interrupted(shop, rb"render", "--jobs", "1")
    assert status == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert tree(shop / "site") == before


@pytest.mark.long
def test_an_interrupt_of_several_jobs_is_130_and_changes_nothing(shop: Path) -> None:
    """Every page takes a while, so most are still to come when the first share is done."""
    run(shop, "build")
    before = tree(shop / "site")
    for number in range(10, 130):
        write_store(shop / "content", [offering(id=number, reference=f"wdc_app_{number}", name=f"App {number}")])
    (shop / "templates").mkdir()
    (shop / "templates/offering.html").write_text("{% for _ in range(10**6) %}{% endfor %}")
    status, said = interrupted(shop, rb"render +\S+ +\d+ of", "--jobs", "2")
    assert status == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert tree(shop / "site") == before


@pytest.mark.long
def test_a_termination_ends_the_workers_too_and_changes_nothing(shop: Path) -> None:
    run(shop, "build")
    before = tree(shop / "site")
    for number in range(10, 130):
        write_store(shop / "content", [offering(id=number, reference=f"wdc_app_{number}", name=f"App {number}")])
    (shop / "templates").mkdir()
    (shop / "templates/offering.html").write_text("{% for _ in range(10**6) %}{% endfor %}")
    status, said = interrupted(shop, rb"render +\S+ +\d+ of", "--jobs", "2", end=terminate)
    assert status == 143
    assert "Traceback" not in said
    assert tree(shop / "site") == before


def test_strict_says_that_it_was_strict(shop: Path, call: Any) -> None:
    (shop / "content/offerings/wdc_app_2/features.md").write_text("[lost](attachments/lost.pdf)")
    answer = call("build", "--strict")
    assert answer.status == 1
    assert "With --strict warnings count, so nothing was written." in answer.err


def test_a_folder_of_templates_that_is_not_there_is_wrong_usage(shop: Path, call: Any) -> None:
    answer = call("build", "--templates", "tempaltes")
    assert (answer.status, answer.err) == (2, "appshelf: --templates tempaltes: no such folder\n")


def test_what_an_author_wrote_does_not_steer_the_terminal(shop: Path, call: Any) -> None:
    write_store(shop / "content", [offering(id=3, reference="wdc_app_3", policy_jwt_alg="\x1b]0;x\x07\x1b[2J")])
    answer = call("build")
    assert answer.status == 1
    assert "\x1b" not in answer.err
    assert "policy_jwt_alg" in answer.err


# Beginnings


def test_init_new_and_build(tmp_path: Path) -> None:
    """As the README has it: a store that builds at once, and an app that shows with --drafts."""
    made = run(tmp_path, "init", "shop")
    assert (made.status, made.err) == (0, "")
    shop = tmp_path / "shop"
    assert "content/store.toml" in made.out
    built = run(shop, "build", "--strict")
    assert (built.status, built.err) == (0, "")
    check_site(shop / "site")
    before = len(tree(shop / "site"))

    added = run(shop, "new", "wdc_new_app")
    assert (added.status, added.err) == (0, "")
    assert "wdc_new_app" in added.out
    assert run(shop, "build").status == 0
    assert not (shop / "site/apps/wdc_new_app").exists()
    assert len(tree(shop / "site")) == before
    drafts = run(shop, "build", "--drafts")
    assert drafts.status == 0, drafts.err
    assert (shop / "site/apps/wdc_new_app/index.html").exists()
    check_site(shop / "site")


def test_init_leaves_a_folder_alone_that_holds_something(shop: Path, call: Any) -> None:
    before = tree(shop)
    answer = call("init", ".")
    assert (answer.status, answer.out) == (1, "")
    assert tree(shop) == before


def test_new_leaves_an_offering_alone_that_is_there(shop: Path, call: Any) -> None:
    before = tree(shop / "content/offerings")
    answer = call("new", "wdc_app_1")
    assert (answer.status, answer.out) == (1, "")
    assert "wdc_app_1" in answer.err
    assert tree(shop / "content/offerings") == before


def test_new_needs_a_store(tmp_path: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("new", "wdc_app_1")
    assert (answer.status, answer.out) == (1, "")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("reference", ["", " ", "a\nb", "x" * 162])
def test_new_refuses_what_cannot_be_a_reference(shop: Path, call: Any, reference: str) -> None:
    before = tree(shop)
    answer = call("new", reference)
    assert (answer.status, answer.out) == (2, "")
    assert tree(shop) == before


@pytest.mark.parametrize("reference", ["../../evil", "/etc/evil", "-rf", "CON", "日本", "a" * 161])
def test_new_never_leaves_the_offerings(shop: Path, call: Any, reference: str) -> None:
    before = {path for path in tree(shop) if not path.startswith("content/offerings/")}
    answer = call("new", "--", reference)
    assert answer.status == 0, answer.err
    after = {path for path in tree(shop) if not path.startswith(("content/offerings/", "content/schemas/"))}
    assert after == before
    assert call("build", "--drafts").status == 0
