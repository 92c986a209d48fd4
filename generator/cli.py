"""The command line: parse, call one function, print its result.

Results go to stdout, progress and problems to stderr. Exit statuses: 0 done, 1 the input has problems, 2 wrong
usage, 3 the API, the network or a host failed, 130 interrupted.
"""

import functools
import json
import os
import signal
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from generator.errors import AppshelfError, InputError, Problem, UsageError

if TYPE_CHECKING:
    from generator.build import Report
    from generator.preview import News
    from generator.settings import Settings

_FOLDER = click.Path(file_okay=False, path_type=Path)
_INTERRUPTED = 130
_TERMINATED = 143
_MOST_WARNINGS = 10
"""A build prints so many; what it did must not scroll away."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    sys.exit(_status(arguments))


def _status(arguments: Sequence[str] | None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that workers end and what is staged goes
    try:
        status = cli.main(arguments, prog_name="appshelf", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (click.Abort, KeyboardInterrupt):
        click.echo("\ninterrupted; build again to make the site whole", err=True)
        return _INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except InputError as error:
        _print_problems(error.problems)
        if all(problem.warning for problem in error.problems):
            _say("With --strict warnings count, so nothing was written.", fg="red")
        return error.exit_status
    except AppshelfError as error:
        _say(f"appshelf: {error}", fg="red")
        return error.exit_status


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="appshelf", prog_name="appshelf", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn app offerings into a static app store."""


def _inputs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags of what a store is made from, and hand them over as one `Settings`."""

    @click.option("--content", type=_FOLDER, default="content", show_default=True, help="The store's content.")
    @click.option(
        "--templates", type=_FOLDER, default="templates", show_default=True, help="Templates that replace ours."
    )
    @click.option(
        "--source", default="content", metavar="content|api|FILE.json", show_default=True,
        help="Where offerings come from: the content folder, the API, or a JSON file of API records.",
    )  # fmt: skip
    @click.option("--base-url", metavar="URL", help="The address of the site; replaces store.toml's base_url.")
    @click.option("--drafts", is_flag=True, help="Show drafts too, marked as such.")
    @click.option("--jobs", type=click.IntRange(1), help="Processes to use.  [default: one a core]")
    @click.option("--no-cache", is_flag=True, help="Forget what earlier builds remembered.")
    @click.option("--no-search", is_flag=True, help="Leave out the search index.")
    @click.option("--strict", is_flag=True, help="Warnings count as problems.")
    @click.option("--allow-shrink", is_flag=True, help="Take less than half of the API's last known offerings.")
    @click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
    @functools.wraps(command)
    def with_settings(
        content: Path, templates: Path, source: str, base_url: str | None, drafts: bool, jobs: int | None,
        no_cache: bool, no_search: bool, strict: bool, allow_shrink: bool, **others: Any,
    ) -> None:  # fmt: skip
        from generator.settings import Settings

        if templates != Settings.templates and not templates.is_dir():
            raise UsageError(f"--templates {templates}: no such folder")
        jobs = jobs or os.cpu_count() or 1
        settings = Settings(
            content, templates=templates, source=source, base_url=base_url, drafts=drafts, jobs=jobs, strict=strict,
            caches=not no_cache, indexes=not no_search, allow_shrink=allow_shrink,
        )  # fmt: skip
        command(settings, **others)

    return with_settings


def _reports(command: Callable[..., None]) -> Callable[..., None]:
    """Give `build` and `check` the flags of where a site goes and how it is told of."""

    @click.option("--output", type=_FOLDER, default="site", show_default=True, help="Where the site goes.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
    @click.option("-v", "--verbose", is_flag=True, help="Print the time of each stage.")
    @functools.wraps(command)
    def with_printer(settings: "Settings", output: Path, as_json: bool, quiet: bool, verbose: bool) -> None:
        command(replace(settings, output=output), _Printer(as_json, quiet, verbose))

    return with_printer


@cli.command()
@_inputs
@_reports
def build(settings: "Settings", printer: "_Printer") -> None:
    """Build the store: CONTENT into OUTPUT."""
    from generator.build import build

    printer.report(lambda: build(settings, printer.progress), f"Built {{0}} into {settings.output}")


@cli.command()
@_inputs
@_reports
def check(settings: "Settings", printer: "_Printer") -> None:
    """Print every problem and warning; write nothing."""
    from generator.build import check

    printer.report(lambda: check(settings, printer.progress), "Checked {0}")


@cli.command()
@_inputs
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--open", "opens", is_flag=True, help="Open the store in the browser.")
def preview(settings: "Settings", quiet: bool, host: str, port: int, opens: bool) -> None:
    """Serve the store on this machine; it loads again in the browser with every change."""
    from generator.preview import Audience, preview

    printer = _PreviewPrinter(quiet, opens)
    number = preview(settings, host, port, Audience(printer.progress, printer.ready, printer.told))
    raise click.exceptions.Exit(128 + number)


@cli.command()
@click.option("--content", type=_FOLDER, default="content", show_default=True, help="The store's content.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: any that is free.")
@click.option(
    "--fault", "faults", metavar="LIST", callback=lambda *given: _faults(given[2]),
    help="Misbehave on purpose, for tests of clients: 429, 503, slow, reset, drop, limits; separated by commas.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
def api(content: Path, host: str, port: int, faults: Sequence[str], quiet: bool) -> None:
    """Serve the App Offerings API over the content folder."""
    from generator.api_console import Console
    from generator.api_server import serve
    from generator.settings import load_token

    console = Console(load_token(), quiet)
    number = serve(content, console.ways(host, faults), port, console.ready)
    raise click.exceptions.Exit(128 + number)


@cli.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
def init(folder: Path) -> None:
    """Make a new store in DIR that builds at once."""
    from generator.starter import init_store

    for path in init_store(folder):
        click.echo(f"  {path}")
    click.echo(f"Made a store in {folder}. Next: cd {folder} && appshelf preview --open")


@cli.command()
@click.argument("reference")
@click.option("--content", type=_FOLDER, default="content", show_default=True, help="The store's content.")
def new(reference: str, content: Path) -> None:
    """Add a draft offering called REFERENCE to the content folder."""
    from generator.starter import new_offering

    folder = new_offering(content, reference)
    click.echo(f"Made {folder}, a draft. Write its texts, then remove `draft = true` from offering.toml.")
    click.echo("To see it: appshelf preview --drafts --open")


def _faults(given: str | None) -> Sequence[str]:
    if given is None:
        return ()
    from generator.api_faults import FAULTS

    names = [name.strip() for name in given.split(",") if name.strip()]
    if strange := [name for name in names if name not in FAULTS]:
        raise click.BadParameter(f"{strange[0]!r} is none of {', '.join(FAULTS)}")
    return names


class _PreviewPrinter:
    """Says where the preview is, and what became of every change."""

    def __init__(self, quiet: bool, opens: bool) -> None:
        self._quiet, self._opens = quiet, opens
        self.progress = _Printer(as_json=False, quiet=quiet, verbose=False).progress

    def ready(self, address: str) -> None:
        """Say, or open, the address."""
        _say(f"The store is at {address} until you press Ctrl-C.", err=False, bold=True)
        sys.stdout.flush()
        if self._opens:
            webbrowser.open(address)

    def told(self, news: "News") -> None:
        """Print the problems that there are; or in a line that there are none."""
        _print_problems([*news.notices, *news.problems], most=_MOST_WARNINGS)
        if not news.problems and not self._quiet:
            now = time.strftime("%H:%M:%S")
            counted = ", ".join(
                [_count(news.offerings, "offering"), *([_count(news.warnings, "warning")] if news.warnings else [])]
            )
            click.echo(f"{now}  {counted}, made in {news.seconds:.2f} s", err=True)


class _Printer:
    """Says what a build did, in words or as JSON."""

    def __init__(self, as_json: bool, quiet: bool, verbose: bool) -> None:
        self._json, self._quiet, self._verbose = as_json, quiet, verbose
        self._moves = not (as_json or quiet) and sys.stderr.isatty()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is, on a terminal; elsewhere nothing moves."""
        if not self._moves:
            return
        bar = f"{'━' * (30 * done // total):<30} {done:,} of {total:,}" if total else f"{done:,}" if done else ""
        click.echo(f"\r\033[K{stage:<8} {bar}\r" if done < total or not total else "\r\033[K", nl=False, err=True)

    def report(self, run: "Callable[[], Report]", done: str) -> None:
        """Run a build or check and print its report; `done` is its sentence, with a place for the count."""
        try:
            report = run()
        except AppshelfError as error:
            if not self._json:
                raise
            click.echo(json.dumps(_failure(error), indent=2))
            raise click.exceptions.Exit(error.exit_status) from None
        if self._json:
            click.echo(json.dumps(_as_json(report), indent=2))
            return
        _print_problems(report.warnings, most=None if self._verbose or not report.committed else _MOST_WARNINGS)
        if not self._quiet:
            self._summary(report, done)

    def _summary(self, report: "Report", done: str) -> None:
        _say(f"{done.format(_count(report.offerings, 'offering'))} in {_total(report):.1f} s", err=False, bold=True)
        left_out = [_count(report.disabled, "disabled", ""), _count(report.drafts, "draft")]
        if report.disabled or report.drafts:
            click.echo(f"  left out   {', '.join(part for part in left_out if not part.startswith('0'))}")
        click.echo(f"  made       {_count(report.pages, 'page')}, {_count(report.files, 'file')}")
        if it := report.committed:
            click.echo(f"  changed    {it.written:,} written, {it.removed:,} removed, {it.unchanged:,} as they were")
        if self._verbose:
            stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in report.seconds.items())
            click.echo(f"  time       {stages}")
        if not report.has_address:
            click.echo("  no base_url, so no sitemap and no canonical addresses (see store.toml or --base-url)")


def _say(text: str, *, err: bool = True, **style: Any) -> None:
    from generator.settings import wants_colour

    click.secho(text, err=err, color=None if wants_colour() else False, **style)


def _total(report: "Report") -> float:
    return sum(report.seconds.values())


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def _as_json(report: "Report") -> dict[str, object]:
    whole = asdict(report)
    return {"ok": True, "problems": whole.pop("warnings"), **whole}


def _failure(error: AppshelfError) -> dict[str, object]:
    if isinstance(error, InputError):
        return {"ok": False, "problems": [asdict(problem) for problem in error.problems]}
    return {"ok": False, "problems": [], "error": str(error)}


def _print_problems(problems: Sequence[Problem], most: int | None = None) -> None:
    """Print warnings, then errors; of each kind the first `most`, and how many there are."""
    warnings = [problem for problem in problems if problem.warning]
    errors = [problem for problem in problems if not problem.warning]
    for title, colour, them in (("warning", "yellow", warnings), ("problem", "red", errors)):
        if them:
            _say(f"{_count(len(them), title)}:", fg=colour, bold=True)
            for problem in them[:most]:
                click.echo(f"  {problem}", err=True)
            if most and len(them) > most:
                rest = f"{len(them) - most:,} more; `appshelf check` with the same flags prints them all"
                click.echo(f"  and {rest}", err=True)
