"""Credentials a TURN relay takes: known values, and what they must not be."""

from hypothesis import given
from hypothesis import strategies as st

from bonghwa.domain.relay import relay_credentials


def test_the_password_is_the_name_signed_as_coturn_checks_it():
    # printf '1700003600:abc' | openssl dgst -sha1 -hmac north -binary | base64
    made = relay_credentials("north", "abc", 1_700_000_000_000_000, 3600)
    assert (made.name, made.until) == ("1700003600:abc", 1_700_003_600_000_000)
    assert made.password == "IMSPYGMI9e0aXDFcZousOwkA8N0="
    assert made.password not in repr(made)


@given(st.text(min_size=1), st.integers(0, 10**10), st.integers(60, 86_400))
def test_other_secrets_and_other_times_give_other_passwords(secret, second, lifetime_s):
    now = second * 1_000_000
    made = relay_credentials(secret, "n", now, lifetime_s)
    assert made.password != relay_credentials(secret + "x", "n", now, lifetime_s).password
    assert made.password != relay_credentials(secret, "n", now + 1_000_000, lifetime_s).password
