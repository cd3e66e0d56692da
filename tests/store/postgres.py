"""A PostgreSQL server of one's own for the tests: a new cluster in a folder, reached by its socket alone."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

QUICK = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"


@contextlib.contextmanager
def running():
    """The socket's folder of a running server while the block runs."""
    home = Path(tempfile.mkdtemp(prefix="hem-pg-", dir="/tmp"))  # a socket's path may have 107 bytes
    account = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if account:
        shutil.chown(home, account, pwd.getpwnam(account).pw_gid)
    data = home / "data"

    def call(name, *options):
        program = _program(name)
        subprocess.run([program, *options], user=account, cwd=home, check=True, stdout=subprocess.DEVNULL)

    call("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    call("pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", f"{QUICK} -c unix_socket_directories={home}", "start")
    try:
        yield home
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def new_place(home: Path, name: str) -> str:
    """The URL of an empty schema of that name: a database without tables."""
    url = f"postgresql+psycopg://postgres@/postgres?host={quote(str(home), safe='')}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f'CREATE SCHEMA "{name}"'))
    engine.dispose()
    return f"{url}&options={quote(f'-csearch_path={name}', safe='')}"


def _program(name: str) -> str:
    found = shutil.which(name)
    own = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))  # where Debian keeps them, outside of the path
    assert found or own, f"no {name}: `make postgres` installs PostgreSQL's server"
    return found or str(own[-1])
