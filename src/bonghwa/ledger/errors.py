"""What can be wrong with a log. The tree of errors, drawn at the top:

LedgerError
├── NoteError      a key, note or checkpoint that is not well formed, or whose signature does not verify
├── TileError      a path, tile or entry bundle that is not well formed
├── LedgerBroken   the stored log does not agree with its own checkpoint: nothing may be appended
└── LedgerForked   an entry given for an index differs from the one the log already holds there
"""


class LedgerError(Exception):
    """Anything that keeps the log from being read, extended or believed."""


class NoteError(LedgerError):
    """A verifier key, signed note or checkpoint is malformed or not signed by the key asked for."""


class TileError(LedgerError):
    """A tile path, hash tile or entry bundle is malformed."""


class LedgerBroken(LedgerError):
    """The stored tiles do not hash to the stored checkpoint; the log must be verified and restored before it grows."""


class LedgerForked(LedgerError):
    """Another entry than the logged one was offered for the same index."""
