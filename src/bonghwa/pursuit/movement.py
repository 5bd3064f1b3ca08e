"""How people and cars are believed to move: every parameter with its unit and its reason.

None of these is a fact about one person. They are a broad mixture on purpose: no single movement hypothesis was calibrated (41 to 82 % of
90 % sets held the truth), the mixture was. Rates are per second; a rate of 1/240 means once in four minutes in the mean.
"""

from dataclasses import dataclass
from typing import NamedTuple

ON_FOOT = 0
"""Goes on foot and means to."""
TO_CAR = 1
"""Goes on foot now, to a car."""
BY_CAR = 2
"""Drives, or is driven."""

MOVING = 0
PAUSED = 1
"""Stands, hides in the open or waits at a light: on the road, in sight of its cameras."""
INDOORS = 2
"""In a building, a car park, a station: left the network here, may come back here."""
RIDING = 3
"""In a bus or a taxi: left the network, moves along car roads unseen, comes back elsewhere on foot."""

TO_GOAL = 0
"""Goes by a short way to a place."""
AHEAD = 1
"""Keeps a heading."""
ABOUT = 2
"""Turns from street to street."""


class Movement(NamedTuple):
    """Parameters of movement. A plain tuple of numbers, so that a compiled function takes it as it is."""

    foot_share: float = 0.4
    to_car_share: float = 0.2
    """Shares of modes where the mode is not known; the rest drives. Nobody counted: as many drive at once as go on foot."""
    goal_share: float = 0.45
    ahead_share: float = 0.35
    """Shares of the plans; the rest turns about. Nobody knows these: close to even, and each switches to another in minutes."""
    shy_share: float = 0.06
    """Share of particles that watchers hardly see (a hood, a crowd, the dark): the 5 to 10 % defence against wrong negatives."""

    replan_rate: float = 1 / 240
    """A change of mind every four minutes: plans last, but a belief must not depend on one for ten minutes."""
    pace_rate: float = 1 / 75
    """Running lasts a minute or so."""
    car_pace_rate: float = 1 / 250
    """A driver keeps his manner for minutes: with a change a minute all cars come equally far, and the belief is too narrow outwards."""
    start_car_rate: float = 1 / 150
    """Who walks to a car reaches it in two or three minutes."""
    abandon_rate: float = 1 / 5000
    """Who is known to drive leaves his car in one of eight pursuits of ten minutes."""

    foot_pause_rate: float = 1 / 240
    foot_resume_rate: float = 1 / 35
    """Crossings, lookouts, phone calls: half a minute every four."""
    light_chance: float = 0.08
    """A driver stops at this share of nodes: signals stand at about every fifth junction and half of them are green."""
    car_resume_rate: float = 1 / 20
    """A red light lasts 20 s in the mean of the arrivals (cycle 120 to 160 s, half red, thinned by coordination)."""
    indoors_rate: float = 1 / 1500
    out_rate: float = 1 / 600
    """In 25 minutes on foot most are indoors once; they come out within ten minutes or are found there by patrols."""
    ride_rate: float = 1 / 2400
    alight_rate: float = 1 / 300
    """A bus is boarded now and then and left after five minutes."""
    park_rate: float = 1 / 4000
    """A car goes out of sight: underground car parks."""
    arrive_indoors: float = 0.3
    """Who reaches his goal goes in, this often; else he stands a while and goes on."""

    walk_share: float = 0.65
    jog_share: float = 0.25
    walk_low: float = 0.8
    walk_high: float = 1.8
    """Free walking: 1.34 m/s mean, 0.26 deviation (Weidmann 1993): the range is two deviations."""
    jog_high: float = 3.0
    run_high: float = 5.0
    """A run over minutes: few untrained people keep 5 m/s."""
    slow_share: float = 0.2
    slow_low: float = 0.15
    slow_high: float = 0.55
    fair_high: float = 1.0
    """Drivers in traffic make 15 to 55 % of the free speed, others up to it."""
    rush_share: float = 0.15
    rush_high: float = 1.5
    """Who flees drives up to half as fast again."""
    ride_speed: float = 5.0
    """A city bus with its stops makes 18 km/h."""

    goal_keen: float = 5.0
    """A turn right away from the goal is exp(-5) as likely as the best; a 45-degree detour about a quarter."""
    ahead_keen: float = 3.0
    about_keen: float = 1.0
    """exp(keen * cos(angle)) of the turn. 3: two of three keep within 35 degrees; 1: turns are common, straight is likelier."""
    foot_uturn: float = 0.08
    car_uturn: float = 0.02
    """How likely a turn back is beside any other way out of a node; a dead end leaves no choice."""
    against: float = 0.03
    """How likely a driver enters a one-way from the wrong end, beside a lawful street: rare, but one-ways never bound the belief."""
    turnback: float = 0.25
    """Who stood or changed his mind goes back the way he came, this often, on foot."""
    heading_spread: float = 0.35
    """Radians: how far the kept heading lies from the street it was taken from."""


@dataclass(frozen=True)
class Watching:
    """What watchers see, and how evidence is weighed."""

    detect_rate: float = 0.15
    """Per second in view on one watched screen: 85 % of events of 12 s are seen with one monitor."""
    screens_power: float = 0.42
    """Share of the rate on each of n screens is n ** -0.42: 85 % with one monitor, 53 % with nine (published, see PURSUIT's care)."""
    temper: float = 0.7
    """Negative evidence counts this much: misses of one watcher on one subject are not independent from second to second."""
    shy_factor: float = 0.15
    """Watchers see a shy particle at this share of the rate."""
    least: float = 1e-3
    """No single report of nothing seen lowers a weight below this share."""
    margin_m: float = 30.0
    """A sighting may lie this far beyond the reckoned coverage: poses and clicks are not exact."""
    margin_height: float = 0.4
    """How likely the margin is beside the coverage itself."""
    heading_keen: float = 2.5
    heading_floor: float = 0.05
    """A sighting's heading: exp(keen * (cos - 1)), at least the floor: an arrow key is one of eight directions, and may be wrong."""
    other_mode: float = 0.02
    """A sighting on foot fits a driver this little (he may just have got out)."""
    fewest: float = 300.0
    """With fewer effective particles inside a claim, fresh ones are put there."""
    fix_tail: float = 0.1
    fix_tail_factor: float = 3.0
    """A tenth of fixes lie three times as far off as their radius says: reflections between buildings."""


def share_of(screens: int, watching: Watching) -> float:
    """How much of the one-screen detection rate is left on each of so many screens."""
    return float(max(screens, 1) ** -watching.screens_power)
