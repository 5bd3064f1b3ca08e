"""Run a command with a PostgreSQL of its own: `with_postgres.py COMMAND [ARGUMENT...]`.

Where PostgreSQL is installed, a fresh one is started in a temporary folder, reachable by a Unix socket only,
BONGHWA_TEST_POSTGRES tells the command its address, and it is gone when the command ends. Where it is not, or
when the variable is set already, the command runs as it is, and tests that need the database say why they are skipped.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "BONGHWA_TEST_POSTGRES"


def binaries() -> Path | None:
    """The folder of the newest installed PostgreSQL, None where there is none."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def throwaway(folder: Path) -> Iterator[str]:
    """A PostgreSQL in a new folder, answered as an SQLAlchemy address; ended and removed afterwards."""
    owner = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="bonghwa-postgres-", dir="/tmp"))
    if owner:
        shutil.chown(home, owner)
    data = str(home / "data")

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), *arguments]
        subprocess.run(command, check=True, user=owner, cwd=home, stdout=subprocess.DEVNULL, start_new_session=True)

    try:
        run(
            "initdb", "--pgdata", data, "--auth", "trust", "--username", "bonghwa", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={home}"
        run("pg_ctl", "--pgdata", data, "--wait", "--log", str(home / "log"), "--options", options, "start")
        try:
            yield f"postgresql+psycopg://bonghwa@/postgres?host={home}"
        finally:
            run("pg_ctl", "--pgdata", data, "--wait", "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def owner_exists() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return os.geteuid() != 0
    return True


def run_command(command: list[str], env: dict[str, str]) -> int:
    """Run it and pass the stop signals on, so that the database is ended in every case."""
    process = subprocess.Popen(command, env=env)
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda number, _: process.send_signal(number))
    return process.wait()


def main(command: list[str]) -> int:
    folder = binaries()
    if VARIABLE in os.environ or folder is None or not owner_exists():
        return run_command(command, dict(os.environ))
    with throwaway(folder) as address:
        code = run_command(command, {**os.environ, VARIABLE: address})
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
