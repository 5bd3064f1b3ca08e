"""Bodies of changing calls. Unknown fields are errors; every error names its field."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from bonghwa.domain.pursuit import FactType, Mode, Part

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Body(BaseModel):
    """A strict JSON object. No text in it holds a NUL: PostgreSQL keeps none."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("holds a NUL")
        return value


class SignIn(Body):
    """`POST /session`."""

    name: Short
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Reason(Body):
    """An act that must say why."""

    reason: Words


class Note(Body):
    """A note or a word when something is done."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Done(Body):
    """How something was done."""

    note: Words


class Invite(Body):
    """`POST /incidents/{id}/invite`."""

    agency: Short
    basis: Words


class Merge(Body):
    """`POST /incidents/{id}/merge`."""

    into: Short
    reason: Words


class Split(Body):
    """`POST /incidents/{id}/split`."""

    reports: Annotated[list[Short], Field(min_length=1, max_length=200)]
    reason: Words


class Close(Body):
    """`POST /incidents/{id}/close`."""

    reason: Words
    disposition: Literal["real", "mistaken", "malfunction", "prank", "duplicate", "test"]


class Hide(Body):
    """`POST /incidents/{id}/hide`."""

    reason: Words
    minutes: Annotated[int, Field(ge=1, le=240)] = 60


class Change(Body):
    """`PATCH /incidents/{id}`."""

    reason: Words
    place: dict[str, Any] | None = None
    priority: Annotated[int, Field(ge=0, le=4)] | None = None
    look_for: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] | None = None


class Extend(Body):
    """`POST /grants/{id}/extend`."""

    minutes: Annotated[int, Field(ge=1, le=1440)]
    reason: Words


class Approve(Body):
    """`POST /grants/{id}/approve`."""

    reason: Words
    cameras: Annotated[list[Short], Field(min_length=1, max_length=64)] | None = None


class AskClip(Body):
    """`POST /grants/{id}/clips`. Times are RFC 3339 or `now`."""

    camera: Short
    from_: Annotated[Short | None, Field(alias="from")] = None
    to: Short | None = None
    reason: Words


class SetMask(Body):
    """`PUT /cameras/{id}/mask`: polygons of points `[x, y]` from 0 to 1."""

    regions: Annotated[list[Annotated[list[Annotated[list[float], Field(max_length=2)]], Field(max_length=64)]], Field(max_length=64)]
    reason: Words


class OpenView(Body):
    """`POST /views`: a grant's camera, or in a duty session one of the room's own."""

    camera: Short
    grant: Short | None = None
    duty: Short | None = None


Speed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Steer(Body):
    """`POST /cameras/{id}/steer`: what to do, how fast (-1 to 1: right, up, closer), and the right to it."""

    act: Literal["move", "stop", "home", "leave"]
    pan: Speed = 0.0
    tilt: Speed = 0.0
    zoom: Speed = 0.0
    duty: Short | None = None
    grant: Short | None = None


class AskToSteer(Body):
    """`POST /cameras/{id}/steer/request`: where to look, in words for the owner's room."""

    grant: Short
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class StartDuty(Body):
    """`POST /duties`."""

    post: Short


class EndDuty(Body):
    """`POST /duties/{id}/end`."""

    handover: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] | None = None


class BadPicture(Body):
    """`POST /incidents/{id}/bad-picture`."""

    camera: Short
    reason: Words = "화면 불량"


class InviteResponder(Body):
    """`POST /incidents/{id}/responders`."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Redeem(Body):
    """`POST /responders/redeem`."""

    code: Short


class AskDrill(Body):
    """`POST /drills`."""

    name: Short


class Point(Body):
    """A place as a point."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    accuracy_m: Annotated[float, Field(ge=0, le=20_000, allow_inf_nan=False)] = 30.0


class BeginPursuit(Body):
    """`POST /pursuits`."""

    incident: Short
    mode: Mode | None = None


class Evidence(Body):
    """`POST /pursuits/{id}/evidence`: a fact; `heading` in degrees clockwise from north. Without `at` it is of now."""

    type: FactType
    at: Short | None = None
    camera: Short | None = None
    heading: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    mode: Mode | None = None
    confidence: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None = None
    place: Point | None = None


class Wall(Body):
    """`PUT /pursuits/{id}/wall`: how many cameras at once, and which stay."""

    k: Annotated[int, Field(ge=1, le=16)] | None = None
    pins: Annotated[list[Short], Field(max_length=16)] | None = None


class Sharing(Body):
    """`PUT /pursuits/{id}/sharing`: with whom, and what of it."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    with_: Annotated[list[Short], Field(alias="with", max_length=20)]
    what: Annotated[list[Part], Field(max_length=4)]
