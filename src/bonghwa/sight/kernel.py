"""The one way this package compiles a function: cached on disk (NUMBA_CACHE_DIR is respected), without the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile on first call with numba, cached for later processes."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=False)(function))


def direct(function: Function, *example: object) -> Function:
    """A compiled function without numba's choice among argument types: for one kernel called with one set of types, a tenth faster.

    `example` is a first call's arguments, which compiles it; later calls must be of the same types or raise TypeError.
    """
    function(*example)
    overloads = getattr(function, "overloads", None)
    if not overloads:  # NUMBA_DISABLE_JIT=1 leaves a plain function.
        return function
    return cast(Function, next(iter(overloads.values())).entry_point)
