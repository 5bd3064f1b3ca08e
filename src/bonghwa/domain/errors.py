"""One tree of errors. Each names a fact, carries a stable code and values; the edge makes words and status from it.

Refusal
├── NotFound          the caller may not know whether it exists        404
├── Forbidden         known, but not allowed, with the reason          403
├── Conflict          the state of the thing does not allow it         409
├── Invalid           an input is wrong; names the field               422
├── Unavailable       a part is down, late or fails closed             503
└── Unauthenticated   no or wrong credential                           401
"""

from bonghwa.domain.reason import Reason, Value


class Refusal(Exception):
    """Base of everything the rules refuse. `code` is stable; `values` fill the sentence."""

    status = 400

    def __init__(self, code: str, /, **values: Value) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    @property
    def reason(self) -> Reason:
        """The refusal as a reason, to be put into words."""
        return Reason(self.code, self.values)


class NotFound(Refusal):
    """Not there, or not the caller's to know."""

    status = 404


class Forbidden(Refusal):
    """The caller knows the thing but may not do this."""

    status = 403


class Conflict(Refusal):
    """The state of the thing does not allow it now."""

    status = 409


class Unavailable(Refusal):
    """A part that must work first does not: fail closed."""

    status = 503


class Unauthenticated(Refusal):
    """No credential, or one that is not valid."""

    status = 401


class TooMany(Refusal):
    """A rate limit; `retry_s` says when to try again."""

    status = 429


class Invalid(Refusal):
    """A wrong input; `field` names it (dotted path)."""

    status = 422

    def __init__(self, field: str, code: str, /, **values: Value) -> None:
        super().__init__(code, field=field, **values)
        self.field = field
