"""How a pursuit keeps a fact and takes it back, whoever told it."""

from dataclasses import replace

from bonghwa.domain.pursuit import Fact, Pursuit
from bonghwa.service.ports import Tx
from bonghwa.service.telling import tell_pursuit


def keep(tx: Tx, pursuit: Pursuit, fact: Fact, **more: object) -> Pursuit:
    """A fact is the pursuit's, in the ledger with `more`, and told; the pursuit after it."""
    tx.facts.put(fact)
    after = pursuit.changed(facts=fact.number)
    tx.pursuits.put(after)
    entry = {"pursuit": pursuit.id, "fact": fact.number, "type": fact.type, "at": fact.at, "camera": fact.camera, "by": fact.account}
    tx.audit("pursuit:told", {**entry, **more, "place": [fact.lat, fact.lon]}, drill=pursuit.drill)
    tell_pursuit(tx, "evidence", after)
    return after


def take_back(tx: Tx, pursuit: Pursuit, fact: Fact, name: str, account: str, **more: object) -> tuple[Pursuit, Fact]:
    """A fact counts no more; the ledger keeps both, with `more`. The pursuit and the fact after it."""
    undone = replace(fact, undone_at=tx.now, undone_by=name)
    tx.facts.put(undone)
    after = pursuit.changed()
    tx.pursuits.put(after)
    tx.audit("pursuit:undone", {"pursuit": pursuit.id, "fact": fact.number, "by": account, **more}, drill=pursuit.drill)
    tell_pursuit(tx, "undone", after)
    return after, undone
