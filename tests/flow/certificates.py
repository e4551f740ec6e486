"""A certificate for loopback, made for a run by the machine's openssl; nothing secret is kept."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate (PEM), which is its own authority, and its key."""

    file: Path
    key: Path

    def server_side(self) -> ssl.SSLContext:
        """What a server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make(folder: Path, name: str = "IP:127.0.0.1") -> Certificate:
    """A certificate for ``name`` (a subjectAltName), good for a day; skips without openssl."""
    if shutil.which("openssl") is None and not os.environ.get("CI"):
        pytest.skip("no openssl on this machine")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    named = ["-subj", "/CN=loopback", "-addext", f"subjectAltName={name}"]
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run([*command.split(), *named, *files], check=True, capture_output=True)
    return made
