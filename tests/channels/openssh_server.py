"""OpenSSH's own server as Debian packages it, on loopback, with keys and configuration of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import paramiko
import psutil

from tests.services import Server, memory
from tests.world import free_port

UNPACKED = Path(sys.prefix) / "share/sshd"
PROGRAMS = (Path("/usr/sbin/sshd"), UNPACKED / "usr/sbin/sshd")
NOBODY = 65534
PROGRAM = "publisher-sshd"
"""Its name is the name of its rules in PAM: of this name there are none but the common ones."""

CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/ecdsa
HostKey {folder}/rsa
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM yes
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


def program() -> Path | None:
    """Where it lies, installed or only unpacked by ``.ci/setup``."""
    return next((path for path in PROGRAMS if path.exists()), None)


class OpenSsh(Server):
    """Serves files as the user it runs as, who is nobody where we are root; ``folder`` is for it to write in."""

    def __init__(self) -> None:
        super().__init__(free_port())
        path = program()
        assert path is not None
        self.folder = Path(tempfile.mkdtemp(prefix="publisher-sshd-", dir=memory()))
        self.folder.chmod(0o755)
        # Started by root, it would want a system account that only its installation makes.
        user_id = os.getuid() or NOBODY
        self.name = pwd.getpwuid(user_id).pw_name
        self.user = self.name if os.getuid() == 0 else None
        self.ecdsa, self.rsa = paramiko.ECDSAKey.generate(), paramiko.RSAKey.generate(2048)
        self.client_key = paramiko.ECDSAKey.generate()
        for name, key in (("ecdsa", self.ecdsa), ("rsa", self.rsa), ("client", self.client_key)):
            key.write_private_key_file(self.folder / name)
        (self.folder / PROGRAM).symlink_to(path)
        (self.folder / "authorized").write_text(f"{line_of(self.client_key)}\n")
        (self.folder / "sshd_config").write_text(CONFIGURATION.format(port=self.port, folder=self.folder))
        self.own(self.folder)

    def own(self, folder: Path) -> None:
        """Let the server write in the folder, and in all folders below it."""
        if self.user is not None:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, self.user)

    def command(self) -> list[str]:
        libraries = next((UNPACKED / "usr/lib").glob("*-linux-*"), UNPACKED)
        serve = [str(self.folder / PROGRAM), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        return ["/usr/bin/env", f"LD_LIBRARY_PATH={libraries}", *serve]

    def die(self) -> None:
        """Die with all that serve somebody just now."""
        assert self.process is not None
        serving = psutil.Process(self.process.pid).children(recursive=True)
        for process in serving:
            process.kill()
        self.crash()

    def stop(self) -> None:
        self.end()
        shutil.rmtree(self.folder)


def line_of(key: paramiko.PKey) -> str:
    """The key as ``ssh-keyscan`` prints it, and as a line that lets its owner in."""
    return f"{key.get_name()} {key.get_base64()}"


def is_installed() -> bool:
    path = program()
    if path is None:
        return False
    libraries = next((UNPACKED / "usr/lib").glob("*-linux-*"), UNPACKED)
    shown = subprocess.run([path, "-?"], capture_output=True, env={"LD_LIBRARY_PATH": str(libraries)})
    return b"OpenSSH" in shown.stderr
