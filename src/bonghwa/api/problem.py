"""Errors at the edge: RFC 9457 problem details, made once, here. Inside details never leave; the log has them."""

from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bonghwa.api.forms import language_of
from bonghwa.domain.errors import Invalid, Refusal
from bonghwa.domain.words import REFUSAL_TITLES, WORDS, fill

log = structlog.get_logger("api")
_PYDANTIC = {"missing": "missing", "extra_forbidden": "unknown_field", "json_invalid": "not_json"}


def problem(request: Request, status: int, code: str, values: dict[str, Any], field: str | None = None, /, **more: Any) -> JSONResponse:
    """A problem response; `detail` is in the caller's language, `code` and `type` are stable."""
    language = language_of(request.headers.get("accept-language"))
    index = 0 if language == "ko" else 1
    template = WORDS.get(code)
    body: dict[str, Any] = {
        "type": f"urn:bonghwa:problem:{code}",
        "title": REFUSAL_TITLES.get(status, REFUSAL_TITLES[400])[index],
        "status": status,
        "detail": fill(template, values, language) if template else code,
        "code": code,
        **({"field": field} if field else {}),
        **more,
    }
    headers = {"Retry-After": str(values["retry_s"])} if "retry_s" in values else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def on_refusal(request: Request, error: Exception) -> JSONResponse:
    """A refusal of the rules."""
    assert isinstance(error, Refusal)
    values = dict(error.values)
    field = error.field if isinstance(error, Invalid) else None
    more: dict[str, Any] = {}
    if error.status in (403, 409):
        more["reason"] = error.code
    if field:
        values.pop("field", None)
        more["errors"] = [{"field": field, "code": error.code}]
    if values:
        more["values"] = values
    return problem(request, error.status, error.code, values, field, **more)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """A body or parameter the form does not fit; names every wrong field."""
    assert isinstance(error, RequestValidationError)
    errors = []
    for item in error.errors():
        path = [str(part) for part in item["loc"] if part not in ("body", "query", "path", "header")]
        code = _PYDANTIC.get(item["type"], "invalid")
        errors.append({"field": ".".join(path) or "body", "code": code, "text": item["msg"]})
    first = errors[0] if errors else {"field": "body", "code": "invalid"}
    return problem(request, 422, first["code"], {}, first["field"], errors=errors)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """An unknown path or method."""
    assert isinstance(error, HTTPException)
    code = {404: "no_such_path", 405: "method", 401: "no_credential"}.get(error.status_code, "invalid")
    return problem(request, error.status_code, code, {})


async def on_failure(request: Request, error: Exception) -> JSONResponse:
    """Whatever nobody expected: the log knows, the caller learns that nothing changed."""
    log.error("request failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(request, 500, "internal", {})
