"""A map whose code does not come: its place says so, what stands beside it works on, and the page loaded anew has the map."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route

from tests.api.house import House
from tests.e2e.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]
MAPS = ("CityMap", "SceneMap", "OwnersMap", "PursuitMap")


def lost(route: Route) -> None:
    """A page's code that never arrives, where it is a map's."""
    if urlsplit(route.request.url).path.rpartition("/")[2].startswith(MAPS):
        route.abort()
    else:
        route.continue_()


@pytest.mark.parametrize(
    ("who", "path", "beside"),
    [
        ("tracking_centre", "/", ".q"),
        ("tracking_centre", "/incidents/{incident}", "h1"),
        ("district", "/views", ".ax"),
    ],
)
def test_a_map_that_does_not_come_says_so_and_the_rest_works_on(house: House, browser: Browser, who: str, path: str, beside: str) -> None:
    incident = house.opened("tracking_centre", "strap_cut")
    desk = Desk(browser, house, who)
    page = desk.page
    page.route("**/assets/*.js", lost)
    page.goto(house.url + path.format(incident=incident))
    page.wait_for_selector("[data-map-failed]")
    page.wait_for_selector(beside)
    assert page.locator("canvas.maplibregl-canvas").count() == 0
    page.unroute("**/assets/*.js")
    page.locator("[data-map-failed] button").click()
    page.wait_for_selector("canvas.maplibregl-canvas")
    assert page.locator("[data-map-failed]").count() == 0
    desk.leave()
