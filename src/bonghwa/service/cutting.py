"""Ending grants and views: the state ends first, in one transaction; the push to the gateways follows the commit.

A gateway that cannot be reached cuts by its lease (GATEWAY). Figures (seconds, bytes) arrive later from the gateway and complete
the ledger's account of each view.
"""

from collections.abc import Iterable
from dataclasses import replace

from bonghwa.domain import grant as grants
from bonghwa.domain.grant import Grant, GrantState
from bonghwa.domain.view import View
from bonghwa.service import obliging
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import tell_grant, tell_view


def end_view(tx: Tx, view: View, reason: str, by: str | None) -> View:
    """Mark a view ended and say so; the gateway is told by the caller."""
    if view.state == "ended":
        return view
    ended = replace(view, state="ended", ended_at=tx.now, end_reason=reason, ended_by=by)
    tx.views.put(ended)
    tx.audit("view:cut", {"view": view.id, "camera": view.camera, "reason": reason, "by": by}, drill=view.drill)
    tell_view(tx, "ended", ended, reason, by)
    return ended


def cut(tx: Tx, city: City, ended_grants: Iterable[Grant], ended_views: Iterable[View], reason: str) -> None:
    """Tell each gateway, in one message, which grants and views are over."""
    messages: dict[str, tuple[list[str], list[str]]] = {}
    for grant in ended_grants:
        for gateway in city.gateways.of(grant.owner):
            messages.setdefault(gateway, ([], []))[0].append(grant.id)
    for view in ended_views:
        messages.setdefault(view.gateway, ([], []))[1].append(view.id)
    for gateway, (grant_ids, view_ids) in messages.items():
        tx.tell(gateway, {"t": "revoke", "grants": grant_ids, "views": view_ids, "reason": reason})


def end_grants(
    tx: Tx, city: City, ending: Iterable[Grant], state: GrantState, reason: str, by: str | None = None, *, by_owner: bool = False
) -> list[Grant]:
    """End these grants and every view under them, and tell the gateways once. Grants already over are left as they are.

    `by_owner`: the cameras' owner said so; the system will not open them again by itself in this incident.
    """
    ended: list[Grant] = []
    watched: list[Grant] = []
    views: list[View] = []
    for grant in ending:
        after = grants.end(grant, state, tx.now, reason, by)
        if after is grant:
            continue
        after = replace(after, refused_by_owner=after.refused_by_owner or by_owner)
        tx.grants.put(after)
        act = "grant:denied" if state == "denied" else f"grant:{state}"
        tx.audit(act, {"grant": grant.id, "incident": grant.incident, "reason": reason, "by": by}, drill=grant.drill)
        tell_grant(tx, state, after)
        ended.append(after)
        watched += [grant] if grant.state == "active" else []
        views += [end_view(tx, view, reason, by) for view in tx.views.find(grant=grant.id, state="open")]
    obliging.viewing_ended(tx, city, watched)
    if ended:
        cut(tx, city, ended, views, reason)
    return ended


def end_views(tx: Tx, city: City, ending: Iterable[View], reason: str, by: str | None = None) -> list[View]:
    """End these views only; their grants live on."""
    ended = [end_view(tx, view, reason, by) for view in ending if view.state == "open"]
    if ended:
        cut(tx, city, (), ended, reason)
    return ended
