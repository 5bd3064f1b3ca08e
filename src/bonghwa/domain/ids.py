"""Opaque identifiers: UUIDv7 (RFC 9562) with a short prefix that names the noun."""

import uuid


def uuid7(now_us: int, entropy: bytes) -> uuid.UUID:
    """Return the UUIDv7 of a time (microseconds since 1970) and at least ten random bytes."""
    if len(entropy) < 10:
        raise ValueError("entropy: at least 10 bytes")
    value = (now_us // 1000 & (1 << 48) - 1) << 80
    value |= int.from_bytes(entropy[:10], "big") & ((1 << 80) - 1)
    value &= ~(0xF << 76) & ~(0x3 << 62)
    value |= (0x7 << 76) | (0x2 << 62)
    return uuid.UUID(int=value)


def new_id(prefix: str, now_us: int, entropy: bytes) -> str:
    """Return an opaque id such as `inc_018f…`; ids made later sort later."""
    return f"{prefix}_{uuid7(now_us, entropy).hex}"
