"""The one way this package compiles a function: cached on disk (NUMBA_CACHE_DIR is respected), without the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile on first call with numba, cached for later processes."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=False)(function))
