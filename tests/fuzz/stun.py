"""STUN at the UDP port: anything may come, also from a peer that knows our password."""

import struct

from bonghwa.media.webrtc import ice

PASSWORD = "x" * 36


def _checked(attributes: bytes) -> bytes:
    """These attributes as a binding request that knows the password."""
    head = struct.pack("!HHI12s", ice.BINDING_REQUEST, len(attributes) + 24, ice.MAGIC, b"t" * 12)
    return head + attributes + _integrity(head + attributes)


def _integrity(message: bytes) -> bytes:
    import hashlib
    import hmac

    return struct.pack("!HH", ice.MESSAGE_INTEGRITY, 20) + hmac.new(PASSWORD.encode(), message, hashlib.sha1).digest()


_NAME = struct.pack("!HH", ice.USERNAME, 9) + b"ours:them\0\0\0"
_PRIORITY = struct.pack("!HHI", ice.PRIORITY, 4, 7)
SEEDS = [
    _checked(_NAME + _PRIORITY),
    _checked(_NAME + _PRIORITY + struct.pack("!HH", ice.USE_CANDIDATE, 0)),
    _checked(_NAME + struct.pack("!HHQ", ice.ICE_CONTROLLED, 8, 1)),
    _NAME + struct.pack("!HH", 0x0019, 4) + b"oops",
]


def fuzz(data: bytes) -> None:
    """As it came, and as the attributes of a request that is signed."""
    for message in (data, _checked(data[: len(data) // 4 * 4])):
        check = ice.read_check(message)
        if check is None:
            continue
        assert not check.is_from("another password")
        check.is_from(PASSWORD)
        for host in ("127.0.0.1", "fe80::1%eth0"):
            answers = (ice.accept(check, (host, 65_535), PASSWORD), ice.refuse(check, PASSWORD))
            assert max(map(len, answers)) <= 20 + 24 + 8 + 24 + 36 + 40, "an answer is never a flood"
