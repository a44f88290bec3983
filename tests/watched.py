"""Runs commands where no network is and every attempt to reach one is seen: `python watched.py COMMANDS.json`.

It wants to be started in network and mount namespaces of its own (`unshare -rnm`): there, only the loopback interface
exists, a name server on it notes every name that is asked for, and the kernel counts what has no route.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _UP, _BIND = 0x8913, 0x8914, 1, 4096


def bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))


def ask_here_for_names() -> None:
    """Have the resolver of every process ask the name server below."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    place = os.path.realpath("/etc/resolv.conf")
    if ctypes.CDLL(None, use_errno=True).mount(file.name.encode(), place.encode(), None, _BIND, None):
        raise OSError(ctypes.get_errno(), "mount")


def note_names(server: socket.socket, names: list[str]) -> None:
    """Answer every question with "no such name"."""
    while True:
        question, asker = server.recvfrom(4096)
        labels, place = [], 12
        while (size := question[place]) > 0:
            labels.append(question[place + 1 : place + 1 + size].decode("latin-1"))
            place += 1 + size
        names.append(".".join(labels))
        server.sendto(question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12 : place + 5], asker)


def without_route() -> int:
    """Packets that the kernel had no route for, of both versions of IP."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    count = int(dict(zip(*lines, strict=True))["OutNoRoutes"])
    for line in Path("/proc/net/snmp6").read_text().splitlines() if Path("/proc/net/snmp6").exists() else ():
        if line.startswith("Ip6OutNoRoutes"):
            count += int(line.split()[1])
    return count


def main() -> None:
    bring_loopback_up()
    ask_here_for_names()
    names: list[str] = []
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=note_names, args=(server, names), daemon=True).start()
    before = without_route()
    found = {"output": "", "codes": []}
    for command in json.loads(Path(sys.argv[1]).read_text()):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        found["codes"].append(done.returncode)
        found["output"] += done.stdout[-4000:]
    print(json.dumps({**found, "names": names, "without_route": without_route() - before}))


if __name__ == "__main__":
    main()
