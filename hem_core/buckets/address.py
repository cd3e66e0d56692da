"""Addresses such as s3://bucket/photos, and the file system that fsspec has for them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hem_core.errors import DataError, HemError

EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "azure"),
}
"""Protocol -> the extra of HEM that brings its file system."""
CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gcs": "set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login",
    "azure": "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_FORM = re.compile(r"([a-z][a-z0-9+.-]+):/{1,3}(?=[^/])")  # a Path has one slash, and fsspec's memory three


def is_address(place: object) -> bool:
    """Whether a text or a path is an address of another protocol than `file` that fsspec knows."""
    found = _FORM.match(str(place)) if isinstance(place, str | Path) else None
    return found is not None and found[1] in _protocols()


def clean(address: str | Path) -> str:
    """An address with two slashes behind its protocol, and none at its end."""
    return _FORM.sub(r"\1://", str(address), count=1).rstrip("/")


def below(address: str | Path, name: str) -> str:
    """The address of a name below another one."""
    return f"{clean(address)}/{name}"


def file_system(address: str | Path) -> tuple[Any, str]:
    """fsspec's file system of an address, and the path in it. It finds its credentials itself, in its own environment.

    Raises DataError, naming what to install, where the package of the protocol is missing.
    """
    from fsspec.core import url_to_fs

    text = clean(address)
    extra = EXTRAS.get(text.partition(":")[0])
    try:
        system, path = url_to_fs(text)
    except ImportError as error:
        way = f"pip install 'hem[{extra}]'" if extra else str(error)
        raise DataError(f"'{text}' cannot be opened without another package: {way}") from error
    except Exception as error:  # whatever the package makes of a wrong environment
        raise DataError(_why(text, error)) from error
    return system, path.rstrip("/")


@contextlib.contextmanager
def reaching(address: str | Path) -> Iterator[None]:
    """Turn whatever a file system raises in the block into a DataError that says what to do."""
    try:
        yield
    except HemError:
        raise
    except Exception as error:  # each package has errors of its own
        raise DataError(_why(clean(address), error)) from error


def _why(address: str, error: Exception) -> str:
    protocol, _, rest = address.partition("://")
    extra, words = EXTRAS.get(protocol, ""), " ".join(str(error).split())[:200] or type(error).__name__
    if "credential" in f"{type(error).__name__} {words}".lower():
        return f"no credentials for '{address}': {CREDENTIALS.get(extra, words)}"
    if isinstance(error, PermissionError):
        return f"no permission for '{address}' ({words}); ask for access, or use other credentials"
    if isinstance(error, FileNotFoundError):
        bucket = rest.partition("/")[0]
        if extra and "bucket" in words.lower():
            return f"there is no bucket '{bucket}' for '{address}'; check its name and the region"
        return f"nothing is at '{address}'; check the address"
    return f"'{address}' cannot be reached: {words}"


@cache
def _protocols() -> frozenset[str]:
    from fsspec import available_protocols

    return frozenset(available_protocols()) - {"file", "local"}
