import pytest

from bonghwa.city.scene import City
from tests.city.town import Cast, real_cameras, town


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cast() -> Cast:
    return Cast()


@pytest.fixture(scope="session")
def _city(cast: Cast) -> City:
    return town(real_cameras(), cast)


@pytest.fixture
def city(_city: City, cast: Cast) -> City:
    """The shared town with nobody on stage."""
    cast.appearances = ()
    return _city
