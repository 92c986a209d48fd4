"""Defences taken away one by one: each must turn a named test red. `python tests/safety/mutations.py` prints the table.

A row is added to `MUTATIONS`: the defence, a file, the exact text that is replaced (once) and by what, and the tests
that must fail. The repository is copied to a temporary folder, where one text is replaced; only the named tests run.
They must fail by an assertion or an error of theirs, not because nothing could be imported, and pass when all is whole.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_COPIED = ("generator", "templates", "tests", "content", "pyproject.toml", "README.md", "LICENSE", ".gitignore")
_SECONDS = 600


@dataclass(frozen=True)
class Mutation:
    """A defence, how it is taken away, and the tests that notice."""

    defence: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    is_long: bool = False
    """Whether only the longer tests notice."""


_PLACES = "tests/safety/test_markup_places.py"
_PREVIEW = "tests/test_preview_server.py"
MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "nh3 has the last word on every text",
        "generator/markup_policy.py",
        "clean = _cleaner().clean(html) if size(html) <= 2 * HTML_BYTES else html",
        "clean = html",
        ("tests/test_markup.py", "tests/test_markup_safety.py::test_hostile_text"),
    ),
    Mutation(
        "every address in a text is judged",
        "generator/markup_addresses.py",
        '    """Judge one address as it was written; `targets` by `attachment_key`."""\n',
        "    return Verdict(address)\n",
        ("tests/test_markup_safety.py::test_hostile_address_is_text",),
    ),
    Mutation(
        "every address in a template is filtered",
        "generator/render.py",
        'return (address or "") if scheme in {"https", "http", "mailto"} else ""',
        'return address or ""',
        ("tests/test_render.py::test_only_an_honest_address_becomes_a_link",),
    ),
    Mutation(
        "an address of the store has a plain host",
        "generator/fields.py",
        "host and _HOST.fullmatch(host) and not",
        "host and not",
        (f"{_PLACES}::test_refused_by_name_or_shown_as_words", "tests/test_fields.py"),
    ),
    Mutation(
        "no path leaves the output folder",
        "generator/manifest.py",
        'if _FORBIDDEN.search(path) or not {"", ".", ".."}.isdisjoint(segments):',
        "if False:",
        ("tests/test_writer.py::test_an_unsafe_path_is_our_defect_and_nothing_is_written",),
    ),
    Mutation(
        "no file outside the content is read",
        "generator/documents.py",
        'if real != real_root and not real.startswith(os.path.join(real_root, "")):',
        "if False:",
        ("tests/safety/test_files.py::test_what_is_no_file",),
    ),
    Mutation(
        "a FIFO or device is not read",
        "generator/documents.py",
        'return None if stat.S_ISREG(path.stat().st_mode) else "is not a regular file"',
        "return None if path.stat() else None",
        ("tests/safety/test_files.py::test_what_is_no_file",),
    ),
    Mutation(
        "no machine that is not public is met",
        "generator/networks.py",
        "            if reason := refusal(answer):",
        "            if (reason := refusal(answer)) and False:",
        (
            "tests/test_networks.py::test_one_private_answer_is_enough_to_refuse_a_name",
            "tests/test_fetch.py::test_no_redirect_leads_into_the_network",
            "tests/test_downloads.py::test_no_address_in_a_network_is_asked",
        ),
    ),
    Mutation(
        "an address that is wrapped in another is refused",
        "generator/networks.py",
        "*((found in block, what) for block, what in (*_WRAPPING_6, *_NEVER_6)),",
        "",
        ("tests/test_networks.py::test_no_form_of_ipv6_makes_an_ipv4_address_reachable",),
    ),
    Mutation(
        "each redirect is judged anew",
        "generator/fetch.py",
        "    return checked_address(str(target), reach)",
        "    return target",
        ("tests/test_fetch.py::test_no_redirect_leads_into_the_network",),
    ),
    Mutation(
        "no redirect leaves https",
        "generator/fetch.py",
        'if url.scheme == "https" and target.scheme == "http":',
        "if False:",
        ("tests/test_fetch.py::test_a_redirect_may_not_leave_https",),
    ),
    Mutation(
        "a fetched file has a largest size",
        "generator/fetch.py",
        "Limits(limits.bytes, seconds=",
        "Limits(1 << 40, seconds=",
        ("tests/test_fetch.py::test_the_largest_file_and_one_byte_more",),
    ),
    Mutation(
        "a copy is what it was when it was fetched",
        "generator/download_cache.py",
        "if content is None or hashlib.sha256(content).hexdigest() != copy.sha256:",
        "if content is None:",
        ("tests/test_downloads.py::test_what_is_damaged_in_the_cache_counts_as_absent",),
    ),
    Mutation(
        "a list that shrank replaces no store",
        "generator/api_source.py",
        "    if count * 2 < before:",
        "    if False:",
        ("tests/test_source_api.py::test_less_than_half_of_the_last_known_offerings_replaces_nothing",),
    ),
    Mutation(
        "an attachment's name is made safe",
        "generator/filetypes.py",
        '    segment = re.split(r"[/\\\\]", name)[-1]\n',
        "    return name\n    segment = name\n",
        ("tests/test_filetypes.py::test_a_name_becomes_safe",),
    ),
    Mutation(
        "an attachment's type is told by its content",
        "generator/filetypes.py",
        "return TEXT if is_markup(content) else TEXTS.get(extension(name), TEXT)",
        'return FileType("any", (extension(name) or ".txt",))',
        (
            "tests/test_filetypes.py::test_the_published_extension_agrees_with_the_content",
            "tests/test_public.py::test_what_a_browser_would_run_is_stored_as_text_or_refused",
        ),
    ),
    Mutation(
        "templates escape every value",
        "generator/render.py",
        "        autoescape=True,",
        "        autoescape=False,  # noqa: S701",
        (f"{_PLACES}::test_refused_by_name_or_shown_as_words", f"{_PLACES}::test_words_of_the_store"),
    ),
    Mutation(
        "the preview's overlay escapes what it tells",
        "generator/panel.py",
        "            autoescape=True,",
        "            autoescape=False,  # noqa: S701",
        ("tests/test_preview_answers.py::test_overlay_escaping",),
    ),
    Mutation(
        "the preview answers under its own Host alone",
        "generator/preview_server.py",
        "if not self.door.admits_host(hosts):",
        "if not hosts:",
        (
            "tests/test_preview_server.py::test_host_check",
            "tests/test_preview_server.py::test_a_foreign_page_is_told_nothing",
        ),
    ),
    Mutation(
        "the preview answers its own Origin alone",
        "generator/preview_server.py",
        'if not self.door.admits_origin(self.request.headers.get_list("Origin"), hosts[0]):',
        "if not hosts:",
        (
            "tests/test_preview_server.py::test_origin_check",
            "tests/test_preview_server.py::test_a_foreign_page_is_told_nothing",
        ),
    ),
    Mutation(
        "every page carries the policy",
        "generator/headers.py",
        "\"default-src 'none'; script-src 'self'; ",
        "\"default-src 'none'; script-src 'self' 'unsafe-inline'; ",
        ("tests/test_headers.py::test_the_policy_allows_our_own_files_and_nothing_else",),
    ),
    Mutation(
        "JSON holds nothing that ends a script",
        "templates/v1.json",
        "{{ record | tojson(indent=2) }}",
        '{{ (record | tojson(indent=2)).replace("\\\\u003c", "<") }}',
        (f"{_PLACES}::test_files_for_programs_stay_well_formed",),
    ),
    Mutation(
        "characters that deceive are left out",
        "generator/characters.py",
        r'return _DECEIVING.sub(r"\1", _UNPRINTABLE.sub("\ufffd", text))',
        "return text",
        (
            "tests/test_characters.py::test_no_built_page_holds_one",
            "tests/test_characters.py::test_what_a_page_leaves_out",
        ),
    ),
    Mutation(
        "a next page is of the API's own origin",
        "generator/links.py",
        "if origin(target) != origin(base) or target.userinfo:",
        "if target.userinfo:",
        ("tests/test_links.py::test_a_next_page_elsewhere_is_refused",),
    ),
    Mutation(
        "the token goes to the API's own origin alone",
        "generator/api_requests.py",
        "if origin(address) != origin(self.base):",
        "if False:",
        ("tests/test_client.py::test_the_token_goes_to_its_own_origin_alone",),
    ),
    Mutation(
        "an upload elsewhere goes without the token",
        "generator/attachment_uploads.py",
        "headers = requests.asker() if is_own else {}",
        "headers = requests.asker()",
        ("tests/test_client_writes.py::test_upload_elsewhere_goes_without_the_token",),
    ),
    Mutation(
        "no redirect is followed",
        "generator/wire.py",
        "follow_redirects=False",
        "follow_redirects=True",
        (
            "tests/test_wire.py::test_a_redirect_is_an_answer",
            "tests/test_client.py::test_redirects_are_never_followed",
            "tests/test_client_loopback.py::test_another_origin_hears_nothing",
        ),
    ),
    Mutation(
        "what is packed is unpacked a piece at a time",
        "generator/wire.py",
        "piece := unpacker.decompress(rest, _PIECE)",
        "piece := unpacker.decompress(rest)",
        ("tests/test_wire.py::test_memory_a_bomb_takes",),
    ),
    Mutation(
        "no host stretches a deadline",
        "generator/connections.py",
        "    if not isinstance(timeout, _Until):\n        return timeout\n",
        "    return timeout\n",
        ("tests/test_wire.py::test_deadline", "tests/test_client_loopback.py::test_a_sync_ends_in_time"),
    ),
    Mutation(
        "secrets are taken out of others' words",
        "generator/redaction.py",
        'text = text.replace(secret, "…")',
        "continue",
        ("tests/test_redaction.py::test_what_is_shown", "tests/test_client.py::test_an_answer_that_says_no"),
    ),
    Mutation(
        "logs tell no address",
        "generator/wire.py",
        "logging.getLogger(name).addFilter(_WITHOUT_ADDRESSES)",
        "logging.getLogger(name)",
        ("tests/test_wire.py::test_logs_tell_no_address", "tests/test_client.py::test_no_log_tells_a_secret"),
    ),
    Mutation(
        "an offering is created once",
        "generator/client_writes.py",
        'fields, "unless it arrived", expected=201',
        'fields, "whenever it failed", expected=201',
        ("tests/test_client_writes.py::test_an_offering_is_created_once",),
    ),
    Mutation(
        "the API answers to its own names alone",
        "generator/api_guard.py",
        "if not self._door.admits_host(hosts) or ",
        "if ",
        ("tests/test_api_guard.py::test_the_host_must_be_ours",),
    ),
    Mutation(
        "the API refuses another site's page",
        "generator/api_guard.py",
        ' or not self._door.admits_origin(headers.getlist("origin"), hosts[0]):',
        ":",
        ("tests/test_api_guard.py::test_another_sites_page_gets_nothing",),
    ),
    Mutation(
        "the API asks for the token",
        "generator/api_guard.py",
        'return scheme.lower() == "bearer" and same',
        'return scheme.lower() == "bearer"',
        ("tests/test_api_guard.py::test_without_the_token_there_is_nothing",),
    ),
    Mutation(
        "a body of the API has a largest size as it comes",
        "generator/api_guard.py",
        "if len(content) > limit:",
        "if False:",
        ("tests/test_api_guard.py::test_a_body_without_end_is_not_taken_in",),
        is_long=True,
    ),
    Mutation(
        "an address of a file is good as it was signed",
        "generator/api_files.py",
        'if not hmac.compare_digest(self._signature(path, int(expires)).encode(), signature.encode(errors="replace")):',
        "if False:",
        ("tests/test_api_writes.py::test_an_address_is_good_as_it_was_signed",),
    ),
    Mutation(
        "what a person saved meanwhile is put back",
        "generator/safe_edits.py",
        "    if _content(staged) != edit.before:",
        "    if False:",
        ("tests/test_safe_edits.py::test_with_one_file_edited_meanwhile_nothing_changes",),
    ),
    Mutation(
        "writes of one offering wait for each other",
        "generator/api_store.py",
        "with self.index.lock(found.folder):",
        "with nullcontext():",
        ("tests/test_api_writes.py::test_parallel_changes_of_different_fields_are_all_made",),
    ),
    Mutation(
        "one reference is made once",
        "generator/api_store.py",
        "        with self._creating:\n            self._refuse_taken",
        "        with nullcontext():\n            self._refuse_taken",
        ("tests/test_api_writes.py::test_the_same_post_twice_at_once_makes_one",),
    ),
    Mutation(
        "what is kept of a past is no link",
        "generator/history_file.py",
        "    if path.is_symlink():\n",
        "    if False:\n",
        ("tests/test_history.py::test_only_plain_files_are_read",),
    ),
    Mutation(
        "the full-text index takes no settings from outside",
        "generator/fulltext.py",
        'if not name.startswith("PAGEFIND_")}',
        "}",
        ("tests/test_fulltext.py::test_settings_of_pagefind_s_own_do_nothing",),
    ),
    Mutation(
        "a value in the words of a page is escaped",
        "generator/languages.py",
        "str(escape(values[place[1]]))",
        "str(values[place[1]])",
        ("tests/test_languages.py::test_what_is_said",),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What the named tests said: how many passed and failed, and the names of those that failed."""

    passed: int
    failed: tuple[str, ...]
    said: str

    @property
    def is_broken(self) -> bool:
        """Whether the tests could not even be collected, or a module not be imported."""
        return "ImportError" in self.said or "SyntaxError" in self.said or "ERROR collecting" in self.said


@contextmanager
def copied() -> Iterator[Path]:
    """Copy the repository to a temporary folder, whole."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "repository"
        folder.mkdir()
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, folder / name)
        yield folder


def apply(mutation: Mutation, folder: Path) -> None:
    """Replace the text; `ValueError` when it does not stand there exactly once, so that no row grows stale."""
    path = folder / mutation.file
    text = path.read_text()
    if (count := text.count(mutation.old)) != 1:
        raise ValueError(f"{mutation.defence}: its text stands {count} times in {mutation.file}")
    path.write_text(text.replace(mutation.old, mutation.new))


def run(mutation: Mutation, folder: Path) -> Outcome:
    """Run a row's tests in a copy of the repository, in one process."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-q",
        "-m",
        "not conformance" if mutation.is_long else "not conformance and not long",
        "-p",
        "no:cacheprovider",
        "--tb=line",
        *mutation.tests,
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+?::\w+)", done.stdout, re.MULTILINE))
    passed = re.search(r"(\d+) passed", done.stdout)
    return Outcome(int(passed[1]) if passed else 0, failed, done.stdout + done.stderr)


def table(mutations: Sequence[Mutation] = MUTATIONS) -> Iterator[str]:
    """Try every mutation and yield the rows of a table: defence, mutation, red tests."""
    yield "| defence | taken away in | red tests |"
    yield "|---|---|---|"
    for mutation in mutations:
        with copied() as folder:
            apply(mutation, folder)
            outcome = run(mutation, folder)
        names = dict.fromkeys(outcome.failed)
        red = ", ".join(f"`{name.rpartition('/')[2]}` ({outcome.failed.count(name)})" for name in names)
        yield f"| {mutation.defence} | `{mutation.file}` | {'BROKEN' if outcome.is_broken else red or 'NONE'} |"


if __name__ == "__main__":
    for row in table():
        print(row, flush=True)  # noqa: T201  # this is what it is for
