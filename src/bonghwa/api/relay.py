"""`/relay`: where a browser finds a TURN relay, and with which short-lived credentials."""

import secrets
from typing import Any

from bonghwa.api.desk import Route, TheDesk, Viewer
from bonghwa.api.forms import instant
from bonghwa.domain.relay import relay_credentials


async def relay(_: Viewer, desk: TheDesk) -> dict[str, Any]:
    """`ice_servers` as RTCPeerConnection takes them, and until when they are good; empty where the city runs no relay."""
    hub = desk.hub
    addresses, secret = hub.settings.turn.addresses, hub.turn_secret
    if not addresses:
        return {"ice_servers": [], "expires_at": None}
    made = relay_credentials(secret, secrets.token_hex(8), hub.clock.now(), hub.settings.turn.lifetime_s)
    server = {"urls": list(addresses), "username": made.name, "credential": made.password}
    return {"ice_servers": [server], "expires_at": instant(made.until)}


ROUTES: list[Route] = [("GET", "/relay", relay)]
