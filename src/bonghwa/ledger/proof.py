"""Proofs read from the tiles of a log: a reader needs a few tiles, never the whole log."""

from bonghwa.ledger.errors import LedgerBroken
from bonghwa.ledger.merkle import HASH_SIZE, Subtree, node_hash
from bonghwa.ledger.tile import TILE_WIDTH, Tile
from bonghwa.ledger.verify import Read


def subtree_in(read: Read, size: int) -> Subtree:
    """The `Subtree` over the log of `size` entries behind `read`, for `merkle.inclusion_proof` and `consistency_proof`.

    The function raises LedgerBroken when a tile that it needs is missing or too short.
    """
    tiles: dict[str, bytes] = {}

    def stored(level: int, index: int) -> bytes:
        number, at = divmod(index, TILE_WIDTH)
        tile = Tile(level, number, min(TILE_WIDTH, (size >> 8 * level) - number * TILE_WIDTH))
        if tile.path not in tiles:
            tiles[tile.path] = read(tile.path) or b""
        found = tiles[tile.path][at * HASH_SIZE : (at + 1) * HASH_SIZE]
        if len(found) != HASH_SIZE:
            raise LedgerBroken(f"{tile.path}: missing or too short")
        return found

    def subtree(lo: int, hi: int) -> bytes:
        width = hi - lo
        level, rest = divmod(width.bit_length() - 1, 8)
        if width == 1 << (8 * level) and rest == 0 and lo % width == 0:
            return stored(level, lo // width)
        middle = lo + (1 << ((width - 1).bit_length() - 1))
        return node_hash(subtree(lo, middle), subtree(middle, hi))

    return subtree
