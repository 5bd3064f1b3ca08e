"""The one-use ticket (일회용 열람권): a JWT signed by the hub that lets one session watch one camera at one gateway.

Claims and refusals are those of docs/control-channel.md; the signature algorithm is `Ed25519` (RFC 9864).
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from bonghwa.media.clock import elapsed

ISSUER = "bonghwa-hub"
ALGORITHM = "Ed25519"
TYPE = "bonghwa-ticket+jwt"
LIFETIME_S = 60
MAX_LENGTH = 4096
_CLOCK_TOLERANCE_S = 5


class TicketRefused(Exception):
    """A ticket that opens nothing. `code` is stable, `status` is the HTTP status that tells it."""

    code: ClassVar[str] = "ticket_refused"
    status: ClassVar[int] = 403
    text: ClassVar[str] = "the ticket was refused"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.text)


class TicketMissing(TicketRefused):
    """A ticket is required."""

    code, status, text = "ticket_missing", 401, "a ticket is required: Authorization: Bearer <ticket>"


class TicketMalformed(TicketRefused):
    """This is not a ticket of a Bonghwa hub."""

    code, status, text = "ticket_malformed", 401, "this is not a ticket of a Bonghwa hub"


class TicketForged(TicketRefused):
    """The ticket's signature is not the hub's."""

    code, status, text = "ticket_forged", 401, "the ticket's signature is not the hub's"


class TicketForAnotherGateway(TicketRefused):
    """The ticket was made out for another gateway."""

    code, text = "ticket_other_gateway", "the ticket was made out for another gateway"


class TicketOfAnotherBoot(TicketRefused):
    """The ticket was made out before this gateway started."""

    code, text = "ticket_other_boot", "the ticket was made out before this gateway started"


class TicketForAnotherCamera(TicketRefused):
    """The ticket was made out for another camera."""

    code, text = "ticket_other_camera", "the ticket was made out for another camera"


class TicketForAnotherClip(TicketRefused):
    """The ticket is not one for this clip."""

    code, text = "ticket_other_clip", "the ticket is not one for this clip"


class TicketExpired(TicketRefused):
    """The ticket has expired."""

    code, text = "ticket_expired", "the ticket has expired"


class TicketUsed(TicketRefused):
    """The ticket was used before."""

    code, text = "ticket_used", "the ticket was used before"


class ViewOver(TicketRefused):
    """The time of this view is over."""

    code, text = "view_over", "the time of this view is over"


class GrantRevoked(TicketRefused):
    """The grant or view of this ticket was revoked."""

    code, text = "grant_revoked", "the grant or view of this ticket was revoked"


class LeaseEnded(TicketRefused):
    """The gateway has lost its hub and may show nothing."""

    code, status, text = "lease_ended", 503, "the gateway has lost its hub and may show nothing"


@dataclass(frozen=True)
class Ticket:
    """A verified ticket. `grant` is the grant's id, or the duty session's where a control room watches its own camera."""

    view: str
    grant: str
    camera: str
    watermark: str
    not_after: int
    jti: str
    exp: int
    drill: bool
    boot: str
    """The start id of the gateway it was made out for."""
    priority: int = 4
    """How urgent the incident is, 0 most, 4 least; a full gateway lets the less urgent go first."""
    unmasked: bool = False
    """Whether the camera may be shown without its mask."""


def issue(key: Ed25519PrivateKey, claims: Mapping[str, Any], kid: str) -> str:
    """Sign a ticket with the hub's ticket key. Raises `ValueError` naming the claim that a gateway would refuse."""
    _check_claims(claims)
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": kid}, dict(claims), OKPKey.import_key(key), algorithms=[ALGORITHM])


def public_jwk(key: Ed25519PublicKey, kid: str) -> dict[str, str]:
    """The public key as the `jwks` of the welcome carries it (RFC 8037)."""
    made = OKPKey.import_key(key).as_dict(private=False)
    return {"kty": "OKP", "crv": "Ed25519", "x": str(made["x"]), "kid": kid, "alg": ALGORITHM, "use": "sig"}


class TicketVerifier:
    """Admits tickets of one hub at one gateway, each once."""

    def __init__(self, gateway: str, boot: str) -> None:
        self._gateway = gateway
        self._boot = boot
        self._keys: dict[str, OKPKey] = {}
        self._used = _UsedTickets()

    @property
    def boot(self) -> str:
        """The start id that tickets must name now."""
        return self._boot

    def trust(self, jwks: Mapping[str, Any], boot: str) -> None:
        """Trust these keys and no others, and only tickets made out for `boot`."""
        keys: dict[str, OKPKey] = {}
        for entry in jwks.get("keys", []):
            if entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519" and isinstance(entry.get("kid"), str):
                keys[entry["kid"]] = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": entry["x"]})
        self._keys = keys
        self._boot = boot

    def admit(self, token: str, camera: str, now_us: int) -> Ticket:
        """Verify `token` for `camera` at hub time `now_us` and use it up. Raises a `TicketRefused`."""
        claims = self._for_this_gateway(token)
        if claims["camera"] != camera or "clip" in claims:
            raise TicketForAnotherCamera
        return self._use(claims, now_us)

    def admit_clip(self, token: str, clip: str, now_us: int) -> Ticket:
        """Verify `token` for the download of `clip` and use it up. Raises a `TicketRefused`."""
        claims = self._for_this_gateway(token)
        if claims.get("clip") != clip:
            raise TicketForAnotherClip
        return self._use(claims, now_us)

    def _for_this_gateway(self, token: str) -> dict[str, Any]:
        claims = self._verified_claims(token)
        if claims["aud"] != self._gateway:
            raise TicketForAnotherGateway
        if claims["boot"] != self._boot:
            raise TicketOfAnotherBoot
        return claims

    def _use(self, claims: dict[str, Any], now_us: int) -> Ticket:
        if now_us >= claims["exp"] * 1_000_000 or claims["iat"] * 1_000_000 > now_us + _CLOCK_TOLERANCE_S * 1_000_000:
            raise TicketExpired
        if now_us >= claims["not_after"]:
            raise ViewOver
        self._used.use(claims["jti"])
        return Ticket(
            view=claims["view"],
            grant=claims["grant"] if "grant" in claims else claims["duty"],
            camera=claims["camera"],
            watermark=claims["watermark"],
            not_after=claims["not_after"],
            jti=claims["jti"],
            exp=claims["exp"],
            drill=bool(claims.get("drill", False)),
            boot=claims["boot"],
            priority=claims.get("priority", 4),
            unmasked=claims.get("unmasked") is True,
        )

    def priority_of(self, token: str) -> int:
        """The priority of a ticket of our hub, which is not used by this. Raises a `TicketRefused`."""
        return int(self._verified_claims(token).get("priority", 4))

    def _verified_claims(self, token: str) -> dict[str, Any]:
        if not token:
            raise TicketMissing
        if len(token) > MAX_LENGTH or not token.isascii():
            raise TicketMalformed
        try:
            decoded = jwt.decode(token, self._key_of, algorithms=[ALGORITHM])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise TicketForged from error
        if decoded.header.get("typ") != TYPE:
            raise TicketMalformed
        try:
            _check_claims(decoded.claims)
        except ValueError as error:
            raise TicketMalformed(str(error)) from error
        return dict(decoded.claims)

    def _key_of(self, signed: Any) -> OKPKey:
        return self._keys[signed.headers().get("kid", "")]


class _UsedTickets:
    """The ids of used tickets, each kept on the gateway's own clock for longer than any ticket lives."""

    _KEEP_S = 2.0 * LIFETIME_S + 2 * _CLOCK_TOLERANCE_S

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._by_age: list[tuple[float, str]] = []

    def use(self, jti: str) -> None:
        now = elapsed()
        while self._by_age and self._by_age[0][0] <= now:
            self._known.discard(heapq.heappop(self._by_age)[1])
        if jti in self._known:
            raise TicketUsed
        self._known.add(jti)
        heapq.heappush(self._by_age, (now + self._KEEP_S, jti))


def _check_claims(claims: Mapping[str, Any]) -> None:
    for name in ("iss", "aud", "boot", "view", "camera", "watermark", "jti"):
        if not isinstance(claims.get(name), str) or (name != "watermark" and not claims[name]):
            raise ValueError(f"ticket claim {name}: a text is required")
    for name in ("not_after", "iat", "exp"):
        if not isinstance(claims.get(name), int) or isinstance(claims[name], bool):
            raise ValueError(f"ticket claim {name}: a whole number is required")
    if type(claims.get("priority", 4)) is not int or not 0 <= claims.get("priority", 4) <= 4:
        raise ValueError("ticket claim priority: a whole number of 0 to 4 is required")
    if claims["iss"] != ISSUER:
        raise ValueError(f"ticket claim iss: must be {ISSUER}")
    if ("grant" in claims) == ("duty" in claims) or not isinstance(claims.get("grant", claims.get("duty")), str):
        raise ValueError("ticket claim grant: exactly one of grant and duty is required")
    if not 0 < claims["exp"] - claims["iat"] <= LIFETIME_S:
        raise ValueError(f"ticket claim exp: must be at most {LIFETIME_S} s after iat")
