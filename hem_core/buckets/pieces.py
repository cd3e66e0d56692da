"""Pieces of a run that are uploaded as soon as they are made: a unit of scored examples, a training.

A piece is some files, of which the last one, the proof, says that it is whole. Their objects have the key of the run
and the digest of all files of the piece in their names: what two machines make of one piece does not collide, and a
piece that is there is never uploaded again.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from hem_core.buckets.address import file_system, reaching
from hem_core.buckets.objects import RUN, all_files, digest, key_in, names, read
from hem_core.buckets.places import WORK, address_of, temporary

PIECE = re.compile(
    r"(?P<stem>(?:shards|embeddings|out_of_sample)/.+)\.(?P<key>[0-9a-f]{8})-(?P<made>[0-9a-f]{12})(?P<end>\.\w+)"
)
"""The object of a file of a piece: `made` is the digest of all its files."""
PROOFS = ("shards/*.parquet", "out_of_sample/*.npz")


def push_piece(proof: Path, key: str = "") -> None:
    """Upload a piece that was just written; nothing for a run on the local disk.

    proof: its last file, in a folder of the run. key: that of the run, by default the one in its run.json.
    """
    folder = proof.parent.parent
    address = address_of(folder, WORK)
    if address is None:
        return
    system, path = file_system(address)
    with reaching(address):
        for file, name in piece_names(folder, key or _key(folder, address), proof).items():
            system.put_file(str(folder / file), f"{path}/{name}")


def fetch_pieces(folder: Path, key: str) -> None:
    """Download the pieces of a run that other machines, or earlier attempts, have uploaded and this one lacks."""
    address = address_of(folder, WORK)
    if address is None:
        return
    system, path = file_system(address)
    with reaching(address):
        system.invalidate_cache()
        found = [PIECE.fullmatch(name) for name in sorted(names(system, path), reverse=True)]
        ours = [one for one in found if one is not None and key.startswith(one["key"])]
        proofs = {_file(folder, one): one["made"] for one in ours if _is_proof(_file(folder, one))}
        wanted = {proof: made for proof, made in proofs.items() if not proof.exists()}
        for half in (file for proof in wanted for file in _files(proof)):
            half.unlink()
        chosen = [one for one in ours if one["made"] in wanted.values()]
        for one in sorted(chosen, key=lambda one: _is_proof(_file(folder, one))):
            part = temporary(_file(folder, one))
            system.get_file(f"{path}/{one[0]}", str(part))
            part.replace(_file(folder, one))


def all_pieces(folder: Path, key: str) -> dict[str, str]:
    """Name of each file of a run that belongs to a piece -> its object."""
    found: dict[str, str] = {}
    for proof in (proof for pattern in PROOFS for proof in folder.glob(pattern)):
        found |= piece_names(folder, key, proof)
    return found


def piece_names(folder: Path, key: str, proof: Path) -> dict[str, str]:
    """The files of a piece, its proof last -> their objects."""
    files = _files(proof)
    made = hashlib.sha256("".join(map(digest, files)).encode()).hexdigest()[:12]
    places = [file.relative_to(folder) for file in files]
    return {each.as_posix(): each.with_stem(f"{each.stem}.{key[:8]}-{made}").as_posix() for each in places}


def _key(folder: Path, address: str) -> str:
    """The key of a run, from the bucket where another machine has begun it."""
    return key_in((folder / RUN).read_bytes() if (folder / RUN).exists() else read(address, RUN) or b"")


def _files(proof: Path) -> list[Path]:
    """The files of a piece that are there: of a unit its embeddings and its shard, of a training what it recorded and
    what its model predicts."""
    home = proof.parent
    if home.name == "shards":
        beside = [home.parent / "embeddings" / f"{proof.stem}.npy"]
    else:
        beside = all_files(home / f"recording_{proof.stem.removeprefix('fold_')}")
    return [file for file in (*beside, proof) if file.exists()]


def _file(folder: Path, piece: re.Match[str]) -> Path:
    return folder / f"{piece['stem']}{piece['end']}"


def _is_proof(file: Path) -> bool:
    return any(file.match(pattern) for pattern in PROOFS)
