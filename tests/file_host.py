"""A host of files on this machine, that counts what it is asked, to test what fetches files.

with hosting({"/a.png": File(PNG)}) as host:
host.url("/a.png")            its address, by the host's name
host.asked                    the paths that were asked for, without their queries
host.files["/a.png"] = …      changes what stands there; take it out, and it is not found
host.network, host.place      what leads there: a network for builds, an entry of `allow_hosts`
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from generator.networks import Network
from loopback import Conversation, Server, serving

NAME = "files.example"


@dataclass(frozen=True)
class File:
    """What stands at an address: its content, its status, and whether the host knows ETags."""

    content: bytes
    status: str = "200 OK"
    tags: bool = True


@dataclass
class Host:
    """The host and what it was asked."""

    files: dict[str, File]
    server: Server | None = None
    sent: list[str] = field(default_factory=list)
    """The paths of which the content was sent."""

    @property
    def port(self) -> int:
        assert self.server
        return self.server.port

    @property
    def place(self) -> str:
        """Its entry in `allow_hosts`."""
        return f"{NAME}:{self.port}"

    @property
    def asked(self) -> list[str]:
        """The paths of all requests."""
        assert self.server
        return [it.target.partition("?")[0] for it in self.server.requests]

    @property
    def network(self) -> Network:
        """A network in which every name is this machine."""
        return Network(_here)

    def url(self, path: str) -> str:
        """Return an address at this host."""
        return f"http://{self.place}{path}"

    def answer(self, conversation: Conversation) -> None:
        """Give the files, or tell that they did not change."""
        while asked := conversation.asked():
            path = asked.target.partition("?")[0]
            file = self.files.get(path)
            if file is None:
                conversation.answer(b"gone", "404 Not Found")
                continue
            tag = f'"{hashlib.sha256(file.content).hexdigest()[:16]}"'
            headers = {"etag": tag} if file.tags else {}
            if file.tags and asked.headers.get("if-none-match") == tag:
                conversation.answer(status="304 Not Modified", **headers)
            else:
                self.sent.append(path)
                conversation.answer(file.content, file.status, content_type="application/octet-stream", **headers)


def _here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@contextmanager
def hosting(files: Mapping[str, File | bytes]) -> Iterator[Host]:
    """Serve files until the block ends."""
    host = Host({path: it if isinstance(it, File) else File(it) for path, it in files.items()})
    with serving(host.answer) as server:
        host.server = server
        yield host
