"""Short-lived credentials of a TURN relay (RFC 8656), for phones whose network lets nothing through to a gateway.

The form most TURN servers take (coturn: `use-auth-secret`; draft-uberti-behave-turn-rest): the name says until when, the password is the
name signed with a secret the hub and the relay share. The name is random: the relay's log learns no person.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from hmac import new


@dataclass(frozen=True)
class RelayCredentials:
    """What a page hands its browser; `until` in microseconds since 1970 UTC."""

    name: str
    password: str = field(repr=False)
    until: int


def relay_credentials(secret: str, nonce: str, now: int, lifetime_s: int) -> RelayCredentials:
    """Credentials good for `lifetime_s` from `now` (microseconds). `nonce` makes the name a new one."""
    expires = now // 1_000_000 + lifetime_s
    name = f"{expires}:{nonce}"
    return RelayCredentials(name, b64encode(new(secret.encode(), name.encode(), sha1).digest()).decode(), expires * 1_000_000)
