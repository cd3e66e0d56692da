"""Where the app listens, and the name by which browsers know it: what `hem app --host --public-url` says."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hem_core.errors import HemError

LOOPBACK = "127.0.0.1"
LOCAL_NAMES = frozenset({LOOPBACK, "localhost", "[::1]"})
_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)
_BASE = re.compile(r"(/[\w.~-]*[\w~-][\w.~-]*)*", re.ASCII)
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True)
class Network:
    """What this server answers to. No header that a proxy adds is read: the public address is what its owner says."""

    host: str = LOOPBACK
    """The address to listen on."""
    origin: str = ""
    """Scheme, name and port of the public address, as browsers send it: `https://hem.example.org`; "" without one."""
    base: str = ""
    """The path of the public address: `/hem`, or ""."""
    names: frozenset[str] = LOCAL_NAMES
    """The names and addresses that may stand in a Host header; its port is not looked at."""
    allowed: tuple[str, ...] = ()
    """Who gets in by a login: e-mail addresses, domains, or `*`. Empty: nobody logs in, the token is what counts."""

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the app through https, so that cookies must never travel without it."""
        return self.origin.startswith("https:")

    @property
    def is_exposed(self) -> bool:
        """Whether others than the accounts of this machine can reach the app."""
        public = place(self.origin.partition("://")[2]) if self.origin else None
        places = (self.host, *self.names, *([public[0]] if public else []))
        return not all(map(_is_loopback, places))

    def trusts(self, host: str) -> bool:
        """Whether a Host header names this server."""
        found = place(host)
        return found is not None and found[0] in self.names

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an Origin header is that of a page of this very server, which was asked for by this Host header.

        A page on another port, or of the same name without https, is another origin although the browser sends it the
        cookies.
        """
        origin = origin.lower()
        if self.origin and origin == self.origin:
            return True
        scheme, _, rest = origin.partition("://")
        page, asked = place(rest, scheme), place(host, scheme)
        if page is None or page != asked:
            return False
        return not self.origin or _is_loopback(page[0]) or page != place(self.origin.partition("://")[2], scheme)


LOCAL = Network()


def network(
    host: str = LOOPBACK, public_url: str | None = None, trusted: Sequence[str] = (), allowed: Sequence[str] = ()
) -> Network:
    """The network of some options of the command line.

    trusted: further names that browsers may use. Raises HemError for what is no address, and where the name by which
    browsers know the app is missing.
    """
    origin, base = _public(public_url) if public_url else ("", "")
    listening = f"[{host}]" if ":" in host else host.lower()
    is_everywhere = host in ("0.0.0.0", "::", "")
    if is_everywhere and not origin:
        example = f"http://{socket.gethostname().lower()}:8501"
        raise HemError(
            f"--host {host} listens on every address of this machine; say which one browsers open, such as "
            f"--public-url {example}"
        )
    if allowed and not origin:
        raise HemError(
            "--allow needs --public-url, the address that browsers open: the login leads back to it, and it is that of "
            "redirect_uri in secrets.toml"
        )
    names = {*LOCAL_NAMES, *(_name(one) for one in trusted)} | (set() if is_everywhere else {listening})
    if origin and (public := place(origin.partition("://")[2])):
        names.add(public[0])
    return Network(host, origin, base, frozenset(names), tuple(_permission(one) for one in allowed))


def place(netloc: str, scheme: str = "http") -> tuple[str, int] | None:
    """Name and port of a Host header or of an origin behind its scheme, the usual port written out; None if it is
    none."""
    found = _PLACE.fullmatch(netloc)
    return (found[1].lower(), int(found[2] or _PORTS.get(scheme, 80))) if found else None


def _public(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise HemError(f"--public-url {url!r} is no address ({error}); {_WANTED}") from error
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise HemError(f"--public-url {url!r} is no address; {_WANTED}")
    base = parts.path.rstrip("/")
    if not _BASE.fullmatch(base):
        raise HemError(f"the path {parts.path!r} of --public-url may hold letters, digits and . _ ~ - alone; {_WANTED}")
    name = _name(f"[{host}]" if ":" in host else host)
    return f"{parts.scheme}://{name}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}"), base


_WANTED = "write it as browsers open it, such as https://hem.example.org or https://example.org/hem"


def _name(text: str) -> str:
    """A host's name as browsers send it: lower case, letters beyond ASCII encoded."""
    try:
        found = place(text.strip().encode("idna").decode("ascii") if not text.startswith("[") else text)
    except UnicodeError:
        found = None
    if found is None:
        raise HemError(f"{text!r} is no name of a host; write it without a scheme and a path, such as hem.example.org")
    return found[0]


def _permission(text: str) -> str:
    """`anna@example.org`, `example.org` (a domain) or `*`."""
    plain = text.strip().lower().removeprefix("@")
    if plain != "*" and not re.fullmatch(r"([^\s@,]+@)?[^\s@,*]+\.[^\s@,*]+|[^\s@,]+@[^\s@,*]+", plain):
        raise HemError(
            f"--allow {text!r} is neither an e-mail address (anna@example.org) nor a domain (example.org); "
            "give the option once for each, or '*' for everybody who logs in with an e-mail address"
        )
    return plain


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
