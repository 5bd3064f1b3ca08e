"""The ticket opens one camera, at one gateway, once, for a minute at most."""

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from bonghwa.media import ticket

NOW_S = 1_790_000_000
NOW_US = NOW_S * 1_000_000
KEY = Ed25519PrivateKey.generate()


def claims(**changes):
    made = {
        "iss": "bonghwa-hub", "aud": "gw1", "boot": "b1", "view": "v1", "grant": "g1", "camera": "cam1", "watermark": "경찰 112",
        "not_after": NOW_US + 600_000_000, "jti": secrets.token_hex(8), "iat": NOW_S, "exp": NOW_S + 60, "drill": False,
    }  # fmt: skip
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


@pytest.fixture
def verifier():
    made = ticket.TicketVerifier("gw1", "")
    made.trust({"keys": [ticket.public_jwk(KEY.public_key(), "t1")]}, "b1")
    return made


def issue(**changes):
    return ticket.issue(KEY, claims(**changes), "t1")


def test_a_good_ticket_tells_what_it_opens(verifier):
    opened = verifier.admit(issue(), "cam1", NOW_US)
    assert (opened.view, opened.grant, opened.camera, opened.watermark) == ("v1", "g1", "cam1", "경찰 112")
    assert opened.not_after == NOW_US + 600_000_000


def test_a_duty_session_stands_in_the_place_of_the_grant(verifier):
    assert verifier.admit(issue(grant=None, duty="d7"), "cam1", NOW_US).grant == "d7"


def test_a_ticket_is_good_once(verifier):
    token = issue()
    verifier.admit(token, "cam1", NOW_US)
    with pytest.raises(ticket.TicketUsed):
        verifier.admit(token, "cam1", NOW_US)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"aud": "gw2"}, ticket.TicketForAnotherGateway),
        ({"boot": "b0"}, ticket.TicketOfAnotherBoot),
        ({"camera": "cam2"}, ticket.TicketForAnotherCamera),
        ({"iat": NOW_S - 61, "exp": NOW_S - 1}, ticket.TicketExpired),
        ({"iat": NOW_S - 60, "exp": NOW_S}, ticket.TicketExpired),
        ({"iat": NOW_S + 30, "exp": NOW_S + 60}, ticket.TicketExpired),
        ({"not_after": NOW_US}, ticket.ViewOver),
    ],
)
def test_a_ticket_for_something_else_is_refused(verifier, changes, refusal):
    with pytest.raises(refusal):
        verifier.admit(issue(**changes), "cam1", NOW_US)


def test_a_refused_ticket_is_not_used_up_by_trying_it_elsewhere(verifier):
    token = issue()
    with pytest.raises(ticket.TicketForAnotherCamera):
        verifier.admit(token, "cam2", NOW_US)
    assert verifier.admit(token, "cam1", NOW_US).view == "v1"


def test_other_keys_and_other_algorithms_are_refused(verifier):
    stranger = ticket.issue(Ed25519PrivateKey.generate(), claims(), "t1")
    unknown = ticket.issue(KEY, claims(), "t2")
    public = KEY.public_key().public_bytes_raw()
    confused = jwt.encode({"alg": "HS256", "kid": "t1", "typ": ticket.TYPE}, claims(), OctKey.import_key(public), algorithms=["HS256"])
    for token in (stranger, unknown, confused, issue()[:-4] + "AAAA", "a.b.c", "x" * 5_000, "ü"):
        with pytest.raises((ticket.TicketForged, ticket.TicketMalformed)):
            verifier.admit(token, "cam1", NOW_US)
    with pytest.raises(ticket.TicketMissing):
        verifier.admit("", "cam1", NOW_US)


def test_the_hubs_other_tokens_are_no_tickets(verifier):
    session = jwt.encode({"alg": "Ed25519", "kid": "t1"}, claims(), OKPKey.import_key(KEY), algorithms=["Ed25519"])
    with pytest.raises(ticket.TicketMalformed):
        verifier.admit(session, "cam1", NOW_US)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", None),
        ("jti", ""),
        ("not_after", 1.5),
        ("exp", NOW_S + 61),
        ("exp", NOW_S),
        ("iss", "someone"),
        ("grant", None),
        ("duty", "d1"),
    ],
)
def test_the_hub_is_told_which_claim_a_gateway_would_refuse(name, value):
    with pytest.raises(ValueError, match="ticket claim"):
        issue(**{name: value})


def test_a_lease_of_other_keys_ends_the_old_ones(verifier):
    verifier.trust({"keys": [ticket.public_jwk(Ed25519PrivateKey.generate().public_key(), "t1")]}, "b1")
    with pytest.raises(ticket.TicketForged):
        verifier.admit(issue(), "cam1", NOW_US)
