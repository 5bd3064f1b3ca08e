"""Paths and bytes of C2SP tlog-tiles: hash tiles of up to 256 hashes and bundles of up to 256 entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bonghwa.ledger.errors import TileError
from bonghwa.ledger.merkle import HASH_SIZE

TILE_WIDTH = 256
MAX_ENTRY = 0xFFFF
"""Bytes: a bundle gives each entry a length of two bytes."""

ENTRIES = "entries"


@dataclass(frozen=True, order=True)
class Tile:
    """One tile of a log: `level` 0 holds leaf hashes, level -1 stands for the entry bundle below them.

    `index` counts tiles from the left of their level; `width` (1..256) says how many hashes or entries it holds.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where the tile is served and stored, relative to the log, e.g. `tile/0/x001/x234/067.p/8`."""
        level = ENTRIES if self.level < 0 else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_encode_index(self.index)}{partial}"

    @property
    def full(self) -> bool:
        """Whether it can grow no more."""
        return self.width == TILE_WIDTH

    @property
    def first_entry(self) -> int:
        """Index of the leftmost log entry that this tile covers."""
        return self.index << 8 * (max(self.level, 0) + 1)


def parse_path(path: str) -> Tile:
    """The tile that `path` names. Raises TileError for anything but the one canonical spelling."""
    whole, partial, width_text = path.partition(".p/")
    parts = whole.split("/")
    if len(parts) < 3 or parts[0] != "tile" or (partial and not width_text.isascii()):
        raise TileError(f"not a tile path: {path!r}")
    digits = "".join(part.removeprefix("x") for part in parts[2:])
    try:
        level = -1 if parts[1] == ENTRIES else int(parts[1])
        tile = Tile(level, int(digits), int(width_text) if partial else TILE_WIDTH)
    except ValueError as error:
        raise TileError(f"not a tile path: {path!r}") from error
    if tile.path != path or not 1 <= tile.width <= TILE_WIDTH or not -1 <= level <= 63:
        raise TileError(f"not a tile path: {path!r}")
    return tile


def _encode_index(index: int) -> str:
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return path


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile that a log of `size` entries consists of: bundles first, then level by level."""
    for level, hashes in _counts(size):
        yield from (Tile(level, index) for index in range(hashes // TILE_WIDTH))
        if hashes % TILE_WIDTH:
            yield Tile(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH)


def right_edge(size: int) -> list[Tile]:
    """The tiles of a log of `size` entries that are not full yet, bundle first, then level by level."""
    return [Tile(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH) for level, hashes in _counts(size) if hashes % TILE_WIDTH]


def _counts(size: int) -> list[tuple[int, int]]:
    """How many entries or hashes each level holds, from the bundles' level -1 upwards."""
    levels = (size.bit_length() + 7) // 8
    return [(-1, size), *((level, size >> (8 * level)) for level in range(levels))]


def pack_hashes(hashes: Sequence[bytes]) -> bytes:
    """Bytes of a hash tile."""
    return b"".join(hashes)


def unpack_hashes(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a tile. Raises TileError when its length is another."""
    if len(data) != width * HASH_SIZE:
        raise TileError(f"a tile of {width} hashes has {len(data)} bytes instead of {width * HASH_SIZE}")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Bytes of an entry bundle. Raises TileError for an entry over 65,535 bytes."""
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise TileError(f"an entry of {len(entry)} bytes does not fit: at most {MAX_ENTRY}")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_entries(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle in order. Raises TileError when an entry's length runs past the end."""
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TileError(f"the bundle ends inside an entry, at byte {at} of {len(data)}")
        yield data[at + 2 : end]
        at = end


def unpack_entries(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle. Raises TileError when it holds more, fewer or a broken one."""
    entries = list(read_entries(data))
    if len(entries) != width:
        raise TileError(f"a bundle of {width} entries holds {len(entries)}")
    return entries


def narrow(tile: Tile, data: bytes) -> bytes:
    """The first `tile.width` hashes or entries of `data`, a wider version of the same tile.

    A tile only ever grows to the right, so every narrower version is a prefix of it.
    """
    if tile.level >= 0:
        return data[: tile.width * HASH_SIZE]
    kept: list[bytes] = []
    for entry in read_entries(data):
        if len(kept) == tile.width:
            break
        kept.append(entry)
    return pack_entries(kept)
