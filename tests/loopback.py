"""Servers on this machine that answer as they are told, byte for byte, to test what meets a network.

    with serving(answer) as server:   `answer(conversation)` is called for every connection
        server.url                    http://127.0.0.1:PORT
        server.requests               what was asked, as `Asked`

A conversation is a socket with a few words for what hostile hosts do. Nothing here looks at the code under test.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PEAK = """
def peak(start=False):
    if start:
        open("/proc/self/clear_refs", "w").write("5")
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
"""
"""Source of a function that tells the most memory a process has had since `start`, in MiB (Linux, proc(5))."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Conversation:
    """One connection, seen from the server."""

    connection: socket.socket
    stopped: threading.Event
    requests: list[Asked]
    rest: bytes = b""

    def asked(self) -> Asked | None:
        """Read one request; ``None`` when the other side has gone."""
        while b"\r\n\r\n" not in self.rest:
            if not (more := self.connection.recv(65536)):
                return None
            self.rest += more
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            if not (more := self.connection.recv(65536)):
                return None
            self.rest += more
        body, self.rest = self.rest[:length], self.rest[length:]
        method, target, _ = first.split(" ")
        request = Asked(method, target, headers, body)
        self.requests.append(request)
        return request

    def say(self, *parts: bytes) -> None:
        """Send the parts, one after the other."""
        for part in parts:
            self.connection.sendall(part)

    def drip(self, content: bytes, every: float) -> None:
        """Send a byte every so often until the content ends, the other side goes, or the server is stopped."""
        for byte in content:
            self.connection.sendall(bytes([byte]))
            if self.stopped.wait(every):
                return

    def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """Send one whole answer; `_` in a header's name stands for a hyphen."""
        given = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.say(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode(), body)

    def reset(self) -> None:
        """End the connection with a reset rather than a farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


@dataclass
class Server:
    """A server on a thread; `requests` grows with what it is asked."""

    port: int
    requests: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(answer: Callable[[Conversation], None]) -> Iterator[Server]:
    """Serve every connection by `answer`, on a thread of its own, until the block ends; all threads end with it."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as threads:
        server = Server(listener.getsockname()[1])
        connections: list[socket.socket] = []

        def converse(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                answer(Conversation(connection, stopped, server.requests))

        def accept() -> None:
            while not stopped.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    connections.append(connection)
                    thread = threading.Thread(target=converse, args=(connection,))
                    thread.start()
                    threads.callback(thread.join)

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            stopped.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
