"""What ``appshelf api`` tells in the terminal: where it is, how it is asked, and what was asked.

A token that was set is never shown; one that was made for this run is, once, as nobody could use it otherwise.
"""

import os
import sys
import time
from collections.abc import Sequence

import click

from generator.api import Ways
from generator.api_server import new_token
from generator.credentials import Secret
from generator.errors import Problem
from generator.settings import TOKEN, wants_colour


class Console:
    """Tells a person. `token` is the one that is set, if any."""

    def __init__(self, token: Secret | None, quiet: bool) -> None:
        self._token = token
        self._made = None if token else new_token()
        self._quiet = quiet

    def ways(self, host: str, faults: Sequence[str]) -> Ways:
        """Return how the server is run."""
        return Ways(
            token=self._token or self._made or new_token(),
            host=host,
            faults=faults,
            jobs=os.cpu_count() or 1,
            problem=self.problem,
            request=self.request,
        )

    def ready(self, address: str, offerings: int) -> None:
        """Say where the API is, and how it is asked."""
        colour = None if wants_colour() else False
        click.secho(f"The API is at {address}/v1 until you press Ctrl-C.", bold=True, color=colour)
        click.echo(f"  serves     {offerings:,} app offering{'' if offerings == 1 else 's'}")
        if self._made:
            click.echo(f"  token      {self._made.reveal()}  (for this run; set {TOKEN} to choose one)")
        shown = self._made.reveal() if self._made else f"${TOKEN}"
        click.echo(f'  ask        curl -H "Authorization: Bearer {shown}" {address}/v1/app_offerings')
        click.echo(f"  described  {address}/")
        sys.stdout.flush()

    def problem(self, problem: Problem) -> None:
        """Tell a mistake or warning in the content folder."""
        self._echo(f"{'warning' if problem.warning else 'problem'}: {problem}")

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Tell of a request, without its query and headers: those may hold a token or signature."""
        if not self._quiet:
            shown = "".join(char if char.isprintable() else "\ufffd" for char in path[:200])
            self._echo(f"{time.strftime('%H:%M:%S')}  {status or 'cut'}  {method:<6} {shown}  {seconds * 1000:.1f} ms")

    def _echo(self, line: str) -> None:
        try:
            click.echo(line, err=True)
        except OSError:  # a terminal that is gone
            self._quiet = True
