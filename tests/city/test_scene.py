from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bonghwa.city import backdrop, blocks
from bonghwa.city.canvas import HEIGHT, WIDTH
from bonghwa.city.figures import Outfit
from bonghwa.city.light import sky_at
from bonghwa.city.pose import Lens, Pose
from bonghwa.city.scene import CLOCK_AT, CLOCK_LETTERS, Appearance, City, Scene, clock_text, still
from bonghwa.city.subjects import cameras_seeing
from bonghwa.city.traffic import Drivers, Passers
from tests.city.town import NIGHT, NOON, Cast

RED_COAT = Outfit(top=(230, 30, 30), trousers=(230, 30, 30), coat=True)


def subject(x: float, y: float) -> Appearance:
    return Appearance("subject", x, y, (1.0, 0.0), 0.0, RED_COAT)


def red_pixels(scene: Scene, cast: Cast, appearance: Appearance) -> np.ndarray:
    """Rows and columns (half size) that become redder when the subject is put on stage."""
    cast.appearances = ()
    without = still(scene, NIGHT)[2].astype(int)
    cast.appearances = (appearance,)
    red = still(scene, NIGHT)[2].astype(int)
    cast.appearances = ()
    red[:40, WIDTH // 4 :] = without[:40, WIDTH // 4 :]  # the word 훈련 is burned in there
    return np.argwhere(red - without > 5)


def overlapping_views(city: City, count: int) -> list[tuple[float, float, list[str]]]:
    """Ground points that at least two cameras show unhidden, with those cameras."""
    found = []
    for camera in list(city.cameras.values())[::7]:
        pose = city.poses[camera.id]
        turn = np.radians(pose.bearing)
        x, y = pose.x + 14 * float(np.sin(turn)), pose.y + 14 * float(np.cos(turn))
        seeing = [one for one in cameras_seeing(city.poses, x, y, 32) if city.poses[one].bearing != pose.bearing or one == camera.id]
        showing = [one for one in seeing[:5] if Scene(city, city.cameras[one]).shows(x, y, NIGHT)]
        if len(showing) >= 2:
            found.append((x, y, showing))
        if len(found) == count:
            return found
    raise AssertionError("no overlapping cameras in this town")


def test_two_cameras_show_the_subject_where_their_poses_say(city: City, cast: Cast) -> None:
    for x, y, cameras in overlapping_views(city, 3):
        for identity in cameras[:2]:
            scene = Scene(city, city.cameras[identity])
            points, depths = Lens(city.poses[identity]).project(np.array([[x, y, 0.0], [x, y, 1.78]]))
            assert (depths > 0).all()
            pixels = red_pixels(scene, cast, subject(x, y)) * 2
            assert len(pixels) > 4, identity
            tall = points[0, 1] - points[1, 1]
            middle_row, middle_column = pixels.mean(axis=0)
            assert middle_column == pytest.approx((points[0, 0] + points[1, 0]) / 2, abs=3 + 0.12 * tall)
            assert middle_row == pytest.approx((points[0, 1] + points[1, 1]) / 2, abs=4 + 0.2 * tall)
            assert pixels[:, 0].max() <= points[0, 1] + 4
            assert pixels[:, 0].min() >= points[1, 1] - 4


def test_what_the_scene_says_it_drew_is_the_projection(city: City, cast: Cast) -> None:
    x, y, cameras = overlapping_views(city, 1)[0]
    cast.appearances = (subject(x, y),)
    for identity in cameras:
        planes = (np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((180, 320), np.uint8), np.zeros((180, 320), np.uint8))
        drawn = Scene(city, city.cameras[identity]).draw(NIGHT, *planes)
        pixel, depth = Lens(city.poses[identity]).project(np.array([[x, y, 0.0]]))
        assert [(one.id, one.column, one.row, one.depth) for one in drawn] == [
            ("subject", pytest.approx(pixel[0, 0]), pytest.approx(pixel[0, 1]), pytest.approx(depth[0]))
        ]


@pytest.mark.parametrize(("turn", "metres"), [(180.0, 12.0), (75.0, 12.0), (0.0, 400.0)])
def test_a_subject_behind_beside_or_far_beyond_the_camera_is_not_drawn(city: City, cast: Cast, turn: float, metres: float) -> None:
    camera = next(iter(city.cameras.values()))
    pose = city.poses[camera.id]
    angle = np.radians(pose.bearing + turn)
    behind = subject(pose.x + metres * float(np.sin(angle)), pose.y + metres * float(np.cos(angle)))
    scene = Scene(city, camera)
    alone = still(scene, NIGHT)
    cast.appearances = (behind,)
    for plane, before in zip(still(scene, NIGHT), alone, strict=True):
        assert (plane == before).all()


def test_a_subject_behind_a_house_is_not_drawn(city: City, cast: Cast) -> None:
    hidden = 0
    for camera in list(city.cameras.values())[:60:6]:
        scene, pose = Scene(city, camera), city.poses[camera.id]
        for turn in np.linspace(-0.35, 0.35, 7) * pose.fov:
            angle = np.radians(pose.bearing + turn)
            x, y = pose.x + 45 * float(np.sin(angle)), pose.y + 45 * float(np.cos(angle))
            if not scene.shows(x, y, NIGHT, height=0.2) and not scene.shows(x, y, NIGHT, height=1.7):
                assert not len(red_pixels(scene, cast, subject(x, y)))
                hidden += 1
    assert hidden > 5


def test_passers_by_and_cars_are_at_the_same_places_for_every_camera(city: City) -> None:
    _, _, cameras = overlapping_views(city, 1)[0]
    seen: list[dict[int, tuple[float, float]]] = []
    for identity in cameras[:2]:
        pose = city.poses[identity]
        streets = city.streets.near(pose.x, pose.y, 120)
        places = {}
        for movers in (Passers(streets).at(NOON), Drivers(city.strokes.through(streets)).at(NOON)):
            if movers is not None:
                places.update({int(key): (float(at[0]), float(at[1])) for key, at in zip(movers.key, movers.xy, strict=True)})
        seen.append(places)
    common = seen[0].keys() & seen[1].keys()
    assert len(common) > 20
    for key in common:
        assert seen[0][key] == pytest.approx(seen[1][key], abs=1e-6)


def test_people_move_at_a_walking_pace_and_cars_at_a_drivers(city: City) -> None:
    pose = next(iter(city.poses.values()))
    streets = city.streets.near(pose.x, pose.y, 150)
    for group, slowest, fastest in ((Passers(streets), 0.5, 2.2), (Drivers(city.strokes.through(streets)), 5.0, 16.0)):
        one, two = group.at(NOON), group.at(NOON + 0.1)
        assert one is not None
        assert two is not None
        where = {int(key): at for key, at in zip(two.key, two.xy, strict=True)}
        speeds = [float(np.hypot(*(where[int(key)] - at))) / 0.1 for key, at in zip(one.key, one.xy, strict=True) if int(key) in where]
        assert slowest < float(np.median(speeds)) < fastest


def test_the_picture_moves_and_differs_from_camera_to_camera(city: City) -> None:
    pictures = [still(Scene(city, camera), NOON)[0] for camera in list(city.cameras.values())[:12:4]]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one.astype(int) - other).mean() > 5
    scene = Scene(city, next(iter(city.cameras.values())))
    assert (still(scene, NOON)[0] != still(scene, NOON + 1)[0]).any()


def test_the_same_moment_is_the_same_picture(city: City) -> None:
    camera = list(city.cameras.values())[3]
    for one, other in zip(still(Scene(city, camera), NIGHT), still(Scene(city, camera), NIGHT), strict=True):
        assert (one == other).all()


def test_noon_is_brighter_than_night(city: City) -> None:
    scene = Scene(city, list(city.cameras.values())[5])
    assert still(scene, NOON)[0].mean() > still(scene, NIGHT)[0].mean() + 30


def test_the_clock_and_the_cameras_name_are_burned_in(city: City) -> None:
    from bonghwa.city import lettering
    from bonghwa.city.scene import LABEL_AT, label_of

    camera = list(city.cameras.values())[7]
    luma = still(Scene(city, camera), NIGHT + 0.123)[0]
    assert lettering.read(luma, CLOCK_LETTERS, *CLOCK_AT) == clock_text(NIGHT + 0.123) == "2026-11-23 03:01:09.123"
    assert lettering.read(luma, len(label_of(camera)), *LABEL_AT) == label_of(camera) == "JUNGGU-0007"


def test_the_word_drill_is_burned_in_only_while_a_drill_is_to_be_seen(city: City, cast: Cast) -> None:
    x, y, cameras = overlapping_views(city, 1)[0]
    scene = Scene(city, city.cameras[cameras[0]])
    corner = (slice(36, 68), slice(WIDTH - 90, WIDTH - 24))
    before = still(scene, NIGHT)[0][corner]
    cast.appearances = (subject(x, y),)
    during = still(scene, NIGHT)[0][corner]
    cast.appearances = (subject(x + 500, y),)
    after = still(scene, NIGHT)[0][corner]
    assert (during == 235).sum() > 100
    assert not (before == 235).any()
    assert (after == before).all()


def test_a_pixel_goes_to_the_ground_and_back() -> None:
    lens = Lens(Pose(1000.0, 2000.0, 6.0, 37.0, 15.0, 75.0, 80.0, False))
    for column, row in ((320.0, 180.0), (12.5, 340.0), (600.0, 250.0)):
        ground = lens.on_ground(column, row)
        assert ground is not None
        pixels, depths = lens.project(np.array([[*ground, 0.0]]))
        assert pixels[0] == pytest.approx([column, row])
        assert depths[0] > 0
    assert lens.on_ground(320.0, 5.0) is None


def test_a_lens_maps_bearing_to_columns_as_a_pinhole_does() -> None:
    pose = Pose(0.0, 0.0, 6.0, 90.0, 0.0, 60.0, 80.0, False)
    ahead, edge, north = (
        Lens(pose).project(np.array([point]))[0][0] for point in ([10.0, 0.0, 6.0], [10.0, -5.7735, 6.0], [10.0, 1.0, 6.0])
    )
    assert ahead == pytest.approx([WIDTH / 2, HEIGHT / 2])
    assert edge[0] == pytest.approx(WIDTH, abs=0.1)
    assert north[0] < ahead[0]
    assert Lens(replace(pose, bearing=270.0)).project(np.array([[10.0, 0.0, 6.0]]))[1][0] < 0


def test_polygons_cover_what_they_enclose(city: City) -> None:
    from bonghwa.city.canvas import cover, window_of

    square: Any = np.array([[10.25, 20.5], [30.25, 20.5], [30.25, 40.5], [10.25, 40.5]])
    window = window_of(square)
    assert window is not None
    assert float(cover(square, window).sum()) == pytest.approx(400, rel=0.01)
    assert (cover(square[::-1], window) == cover(square, window)).all()


def test_what_hides_whom_is_the_same_with_and_without_painting(city: City) -> None:
    for camera in list(city.cameras.values())[:90:30]:
        lens, streets = Lens(city.poses[camera.id]), city.streets.near(camera.x, camera.y, 150.0)
        buildings = blocks.buildings_near(streets, camera.x, camera.y, 140.0, city.sightlines(camera.x, camera.y, 140.0))
        painted = backdrop.draw(lens, streets, buildings, sky_at(NIGHT))
        assert (backdrop.depths(lens, streets, buildings, sky_at(NIGHT)) == painted.near).all()
