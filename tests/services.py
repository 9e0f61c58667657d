"""Finds the programs the tests need: PostgreSQL (a running one, else a throw-away one), Node and Chromium.

Nothing here is downloaded except a browser, and that only by `fetch_chromium`.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

POSTGRESQL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
)
SOCKET_FOLDERS = ("/var/run/postgresql", "/tmp")
OLDEST_NODE = [20, 19]
"""The first that takes a .js file for a module because of what is in it."""
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
CHROMIUM_REMEDY = (
    "No Chromium was found. Install one (Debian: apt-get install chromium), set CHROMIUM to its path, "
    "or run .venv/bin/playwright install chromium."
)
CHROMIUM_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


# --- PostgreSQL


@contextlib.contextmanager
def postgresql() -> Iterator[str | None]:
    """Give the address of a PostgreSQL server on which databases may be made, or None where there is none.

    First DATABASE_URL, then a server on the local socket or port 5432, then one started here for the occasion.
    """
    running = running_postgresql()
    if running:
        yield running
        return
    binaries = postgresql_binaries()
    if not binaries:
        yield None
        return
    with throw_away_postgresql(binaries) as url:
        yield url


def running_postgresql() -> str | None:
    """Find a server that answers and lets us create databases."""
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith(("postgres:", "postgresql:")):
        if not can_create_databases(named):
            sys.exit(f"DATABASE_URL names a PostgreSQL server that does not let us create databases: {_host_of(named)}")
        return named
    people = dict.fromkeys([os.environ.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name, "postgres", "root"])
    hosts = [*(folder for folder in SOCKET_FOLDERS if Path(folder, ".s.PGSQL.5432").exists()), "localhost"]
    urls = (f"postgres://{person}@{quote(host, safe='')}:5432/postgres" for host in hosts for person in people)
    return next((url for url in urls if can_create_databases(url)), None)


def can_create_databases(url: str) -> bool:
    """Try the server; a short wait is enough for a local one."""
    question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(question).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def postgresql_binaries() -> Path | None:
    """Find the folder with initdb and postgres; of several versions the newest."""
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).resolve().with_name("postgres").exists():
        return Path(on_path).resolve().parent
    found = [folder for place in POSTGRESQL_PLACES for folder in Path("/").glob(place.lstrip("/"))]
    usable = [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(usable, key=_version_in, default=None)


@contextlib.contextmanager
def throw_away_postgresql(binaries: Path) -> Iterator[str]:
    """Start a server on a socket in a temporary folder, and leave nothing of it behind."""
    with throw_away_server(binaries) as server:
        yield server.url


class ThrowAwayServer:
    """A PostgreSQL server that a test may stop at once and start again."""

    def __init__(self, binaries: Path, folder: Path, identity: dict) -> None:
        self._binaries, self._folder, self._identity = binaries, folder, identity
        self._process: subprocess.Popen | None = None
        self.url = f"postgres://postgres@{quote(str(folder), safe='')}/postgres"

    def start(self, **options: str) -> None:
        """Start it and wait until it answers."""
        self._process = _start_server(self._binaries, self._folder, self._identity, options)
        _wait_until_ready(self.url, self._process, self._folder / "log")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it; with SIGQUIT at once, as if the machine had failed."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
        self._process = None


@contextlib.contextmanager
def throw_away_server(binaries: Path, **options: str) -> Iterator[ThrowAwayServer]:
    """Start a server on a socket in a temporary folder, and leave nothing of it behind.

    PostgreSQL refuses to run as root, so root hands it to an unprivileged account. Durability is switched off, unless
    the options say otherwise: the data does not outlive the tests.
    """
    account = _unprivileged_account() if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="workbench-pg-", dir="/tmp"))  # a socket's path must be short
    data = folder / "data"
    data.mkdir()
    if account:
        for path in (folder, data):
            os.chown(path, account.pw_uid, account.pw_gid)
    folder.chmod(0o755)
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    server = ThrowAwayServer(binaries, folder, identity)
    try:
        _make_cluster(binaries, data, identity)
        server.start(**options)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _make_cluster(binaries: Path, data: Path, identity: dict) -> None:
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    command = [binaries / "initdb", "--auth=trust", "--username=postgres", "--no-sync", f"--locale={locale}"]
    subprocess.run([*command, "-D", data], check=True, cwd=data, stdout=subprocess.DEVNULL, **identity)


def _start_server(binaries: Path, folder: Path, identity: dict, more: dict[str, str]) -> subprocess.Popen:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "100",
        "shared_buffers": "128MB",
        **more,
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "log").open("wb")
    return subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C reaches us only; we then stop the server in order
        **identity,
    )


def _wait_until_ready(url: str, process: subprocess.Popen, log: Path) -> None:
    for _attempt in range(150):
        if can_create_databases(url):
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no account postgres or nobody to run it.")


def _version_in(folder: Path) -> list[int]:
    return [int(number) for number in "".join(c if c.isdigit() else " " for c in str(folder)).split()]


def _host_of(url: str) -> str:
    return url.rsplit("@", 1)[-1]


# --- Node


def find_node() -> str | None:
    """Give a Node: the one on PATH if it is new enough, else the one that Playwright's wheel brings."""
    on_path = shutil.which("node")
    if on_path and _version_of(on_path) >= OLDEST_NODE:
        return on_path
    import playwright

    bundled = Path(playwright.__file__).parent / "driver" / "node"
    return str(bundled) if bundled.exists() else None


def _version_of(node: str) -> list[int]:
    finished = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return _version_in(Path(finished.stdout))


# --- Chromium


def find_chromium() -> str | None:
    """Give an installed Chromium: CHROMIUM, then PATH and the usual places, then Playwright's own download."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    installed = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return installed or next((place for place in CHROMIUM_PLACES if Path(place).exists()), _downloaded_chromium())


def fetch_chromium() -> None:
    """Get a Chromium where there is none: Playwright's download, else, as root on Debian, the system's package."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(download, timeout=300, check=False).returncode == 0 and find_chromium():
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=False, env=environment)
        package = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"]
        subprocess.run(package, check=False, env=environment)


def chromium_flags() -> list[str]:
    """Give the flags for a quiet browser; its sandbox does not work for root."""
    return [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]


def _downloaded_chromium() -> str | None:
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    usual = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
    caches = (Path(folder),) if folder else usual
    names = ("chrome-linux*/chrome", "chrome-linux*/headless_shell", "chrome-mac*/*.app/Contents/MacOS/*")
    found = [path for cache in caches for name in names for path in cache.glob(f"chromium*/{name}")]
    return str(max(found, default="")) or None
