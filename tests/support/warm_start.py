"""Starts processes warm: forks of one that has the target imported.

A start of the command takes most of a second, nearly all of it for imports, and the tests start it hundreds
of times. A fork skips the imports and nothing else: it has arguments, environment, folder, umask and standard
streams of its own, runs code as `python -c` does, and ends as an interpreter ends. Not for tests of signals,
which would reach the process in front, nor for tests of the start itself.

In front stands a process that imports next to nothing: it hands all of this over to the one that forks, waits
for the fork's end and ends with its exit code. So `subprocess` starts a warm command like any other.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import sys
import typing as t

if t.TYPE_CHECKING:
    import subprocess

_HAND_OVER = b"!"
_STATUS_BYTES = 4


def warm_command(code: str, *arguments: str) -> list[str]:
    """Return the command to start instead of `python -c code argument…`."""
    return [sys.executable, "-I", "-S", __file__, _start_forker(), code, *arguments]


@functools.cache
def _start_forker() -> str:
    """Start the process that forks, once, and return the path of its socket."""
    import atexit  # noqa: PLC0415 - the process in front need not
    import subprocess  # noqa: PLC0415
    import tempfile  # noqa: PLC0415

    folder = tempfile.mkdtemp(prefix="warm-")
    path = f"{folder}/socket"
    forker = subprocess.Popen(
        [sys.executable, __file__, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end_forker, forker, folder)
    assert forker.stdout is not None
    assert forker.stdout.readline() == "ready\n"
    return path


def _end_forker(forker: subprocess.Popen[str], folder: str) -> None:
    import shutil  # noqa: PLC0415 - the process in front need not

    forker.communicate()  # which closes its standard input
    shutil.rmtree(folder, ignore_errors=True)


# In front.


def run_in_a_fork(path: str, code: str, arguments: list[str]) -> int:
    """Have the code run, and return its exit code."""
    umask = os.umask(0)
    os.umask(umask)
    request = {
        "code": code,
        "arguments": arguments,
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib is a large part of a small start
        "environment": dict(os.environ),
        "umask": umask,
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [_HAND_OVER], [0, 1, 2])
        connection.sendall(json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        status = int.from_bytes(connection.recv(_STATUS_BYTES), "big", signed=True)
    if status < 0:
        os.kill(os.getpid(), -status)
    return status


# The process that forks.


def fork_on_request(path: str) -> str:
    """Fork at each request; return in a fork alone, with the code to run."""
    import gc  # noqa: PLC0415 - the process in front need not
    import select  # noqa: PLC0415
    import signal  # noqa: PLC0415

    import target_activecampaign.target  # noqa: F401, PLC0415 - what a fork has imported

    sys.path[0] = os.path.dirname(sys.path[0])  # noqa: PTH120 - `support` is a package in the tests' folder

    gc.collect()
    gc.freeze()  # a fork need not look through all of that when it ends
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for a fork
        while listening in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            if not os.fork():
                break
            connection.close()
        else:
            sys.exit()  # the process that started it is gone
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection:
        _, streams, _, _ = socket.recv_fds(connection, len(_HAND_OVER), 3)
        with connection.makefile("rb") as file:
            request = json.load(file)
        if child := os.fork():
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            connection.sendall(status.to_bytes(_STATUS_BYTES, "big", signed=True))
            os._exit(0)
    return _become(request, streams)


def _become(request: dict[str, t.Any], streams: list[int]) -> str:
    """Take over streams, folder and environment of the process in front, and return the code to run."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.umask(request["umask"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["-c", *request["arguments"]]
    return str(request["code"])


def main() -> None:
    """Stand in front, or fork."""
    _, path, *rest = sys.argv
    if rest:
        code, *arguments = rest
        sys.exit(run_in_a_fork(path, code, arguments))
    exec(compile(fork_on_request(path), "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - a test's


if __name__ == "__main__":
    main()
