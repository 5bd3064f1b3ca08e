"""Roads in one file that is mapped into memory: ready in milliseconds, however large, and shared by all processes that map it.

The file: 8 bytes magic, 4 bytes version, 4 bytes length of the header, 32 bytes SHA-256 of the header, the header as JSON, then the arrays,
each on a border of 64 bytes; all numbers are little-endian. The header names the arrays with type, shape and place, the street names, the
origin, the source, the file's size, and the SHA-256 of all that follows the header, which `load_roads` checks.
"""

import json
import mmap
import os
import struct
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import SHORTEST_EDGE_M, Roads

MAGIC = b"BHROADS\n"
VERSION = 1
ALIGNED = 64
_HEAD = struct.Struct("<8sII32s")
_MOST_HEADER_BYTES = 1 << 28
_HEADER = {"origin": list, "source": str, "names": list, "arrays": dict, "bytes": int, "sha256": str}
_TYPES = {
    "x": "<f8", "y": "<f8", "tail": "<i4", "head": "<i4", "length": "<f8", "twin": "<i4", "use": "|u1", "speed": "<f8", "name": "<i4",
    "shape_first": "<i8", "shape_x": "<f8", "shape_y": "<f8", "out_first": "<i8", "out_edge": "<i4", "in_first": "<i8", "in_edge": "<i4",
}  # fmt: skip


class RoadsFileProblem(Exception):
    """A file that is no road file of this version, or is damaged; the message names the file and what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path, self.text = path, text


def save_roads(path: Path, roads: Roads) -> str:
    """Write the roads to a file that is there whole or not at all; the SHA-256 of its arrays."""
    arrays = {name: np.ascontiguousarray(getattr(roads, name), dtype=kind) for name, kind in _TYPES.items()}
    digest, at, table = sha256(), 0, {}
    for name, array in arrays.items():
        table[name] = {"type": _TYPES[name], "shape": list(array.shape), "at": at}
        block = _padded(array)
        digest.update(block)
        at += len(block)
    header = {
        "origin": list(roads.origin), "source": roads.source, "names": list(roads.names), "arrays": table,
        "bytes": at, "sha256": digest.hexdigest(),
    }  # fmt: skip
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(_HEAD.size + len(text)) % ALIGNED)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_HEAD.pack(MAGIC, VERSION, len(text), sha256(text).digest()) + text)
            for array in arrays.values():
                stream.write(_padded(array))
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def _padded(array: NDArray[Any]) -> bytes:
    block = array.tobytes()
    return block + b"\0" * (-len(block) % ALIGNED)


def load_roads(path: Path, *, check: bool = True) -> Roads:
    """Map the roads of a file; unless told otherwise its arrays are read once and held against their SHA-256. Nothing is written back.

    Raises RoadsFileProblem for a file that is none, of another version, cut or damaged; OSError when it cannot be opened.
    """
    view, header, first = _map(path)
    if check and sha256(view[first:]).hexdigest() != header["sha256"]:
        raise RoadsFileProblem(path, "damaged: its content does not match its SHA-256")
    arrays = {name: _array(path, view, header, first, name) for name in _TYPES}
    _check_shapes(path, arrays, len(header["names"]))
    try:
        names = tuple(str(name) for name in header["names"])
        origin = (float(header["origin"][0]), float(header["origin"][1]))
    except (TypeError, ValueError, IndexError):
        raise RoadsFileProblem(path, "damaged: origin or names of its header") from None
    return Roads.laid_out(origin=origin, names=names, source=str(header["source"]), **arrays)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's arrays, as its header says. Raises as `load_roads`."""
    return str(_map(path)[1]["sha256"])


def _map(path: Path) -> tuple[memoryview, dict[str, Any], int]:
    """The mapped file, its header, and where its arrays begin."""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size < _HEAD.size:
            raise RoadsFileProblem(path, "empty" if size == 0 else "no road file: too short" if stream.read(8) != MAGIC else "cut")
        # Copy on write: kernels compiled for plain arrays take these as well, and the file stays as it is.
        view = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY))
    magic, version, length, digest = _HEAD.unpack_from(view)
    if magic != MAGIC:
        raise RoadsFileProblem(path, "no road file: `bonghwa roads import` makes one")
    if version != VERSION:
        raise RoadsFileProblem(path, f"a road file of version {version}, this program reads {VERSION}: import the roads again")
    first = _HEAD.size + length
    if length > _MOST_HEADER_BYTES or first > size:
        raise RoadsFileProblem(path, "cut in its header")
    text = view[_HEAD.size : first]
    if sha256(text).digest() != digest:
        raise RoadsFileProblem(path, "damaged: its header does not match its SHA-256")
    header = _header(path, bytes(text))
    if header["bytes"] != size - first:
        raise RoadsFileProblem(path, f"cut or damaged: {size - first} bytes of arrays where {header['bytes']} were written")
    return view, header, first


def _header(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
        if isinstance(header, dict) and all(isinstance(header.get(key), kind) for key, kind in _HEADER.items()):
            return header
    except (ValueError, RecursionError):
        pass
    raise RoadsFileProblem(path, "damaged: its header says not what it should")


def _array(path: Path, view: memoryview, header: dict[str, Any], first: int, name: str) -> NDArray[Any]:
    try:
        entry = header["arrays"][name]
        (count,), at, kind = entry["shape"], first + entry["at"], entry["type"]
        if kind != _TYPES[name] or at % ALIGNED:
            raise ValueError(kind)
        return np.frombuffer(view, dtype=kind, count=count, offset=at)
    except (KeyError, ValueError, TypeError):
        raise RoadsFileProblem(path, f"damaged: array {name}") from None


def _check_shapes(path: Path, arrays: dict[str, NDArray[Any]], names: int) -> None:
    """That all arrays fit each other and no number of theirs leads outside, so that no kernel reads beyond them."""
    nodes, edges, points = len(arrays["x"]), len(arrays["tail"]), len(arrays["shape_x"])
    lengths = {
        "y": nodes, "head": edges, "length": edges, "twin": edges, "use": edges, "speed": edges, "name": edges, "shape_first": edges + 1,
        "shape_y": points, "out_first": nodes + 1, "out_edge": edges, "in_first": nodes + 1, "in_edge": edges,
    }  # fmt: skip
    for name, wanted in lengths.items():
        if len(arrays[name]) != wanted:
            raise RoadsFileProblem(path, f"damaged: array {name} has {len(arrays[name])} entries instead of {wanted}")
    ends = {"tail": nodes, "head": nodes, "twin": edges, "name": names, "out_edge": edges, "in_edge": edges}
    for name, beyond in ends.items():
        values = arrays[name]
        if len(values) and not (values.min() >= -(name == "twin") and values.max() < beyond):
            raise RoadsFileProblem(path, f"damaged: array {name} leads outside")
    for name, end in (("shape_first", points), ("out_first", edges), ("in_first", edges)):
        values = arrays[name]
        if values[0] != 0 or values[-1] != end or (np.diff(values) < 0).any():
            raise RoadsFileProblem(path, f"damaged: array {name} does not rise from 0 to {end}")
    if edges and not (np.diff(arrays["shape_first"]).min() > 1 and arrays["length"].min() >= SHORTEST_EDGE_M):
        raise RoadsFileProblem(path, "damaged: an edge without a line or a length")
