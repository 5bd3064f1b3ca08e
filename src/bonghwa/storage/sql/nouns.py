"""The tables of the hub's state: for each noun, what it can be found by."""

from bonghwa.domain.clip import Clip
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident, Report
from bonghwa.domain.mask import Mask
from bonghwa.domain.people import Account, LineCredential, Session
from bonghwa.domain.pose_proposal import PoseProposal
from bonghwa.domain.pursuit import Fact, Pursuit
from bonghwa.domain.selection import Selection
from bonghwa.domain.steering import Hold, SteeringRequest
from bonghwa.domain.view import Duty, Obligation, Repair, ResponderLink, View
from bonghwa.service.ports import GatewayRow, TimelineEntry
from bonghwa.storage.sql.collection import Noun

INCIDENTS = Noun("incidents", Incident, {"state": str, "owner": str, "drill": bool, "opened_at": int, "subject": str, "device": str})
REPORTS = Noun("reports", Report, {"line": str, "external_id": str, "receiver": str, "incident": str, "state": str})
SELECTIONS = Noun("selections", Selection, {"incident": str, "agency": str})
GRANTS = Noun("grants", Grant, {"incident": str, "agency": str, "owner": str, "state": str, "expires_at": int, "asked_at": int})
VIEWS = Noun(
    "views",
    View,
    {
        "grant": str,
        "duty": str,
        "incident": str,
        "camera": str,
        "owner": str,
        "agency": str,
        "account": str,
        "gateway": str,
        "boot": str,
        "state": str,
        "session": str,
        "opened_at": int,
    },
)
DUTIES = Noun("duties", Duty, {"account": str, "agency": str, "ended_at": int})
OBLIGATIONS = Noun("obligations", Obligation, {"incident": str, "agency": str, "done_at": int})
REPAIRS = Noun("repairs", Repair, {"camera": str, "owner": str, "agency": str, "done_at": int})
RESPONDERS = Noun("responders", ResponderLink, {"incident": str, "agency": str, "code_hash": str, "state": str})
TIMELINE = Noun("timeline", TimelineEntry, {"incident": str})
ACCOUNTS = Noun("accounts", Account, {"name": str, "role": str, "agency": str, "token_hash": str})
SESSIONS = Noun("sessions", Session, {"account": str, "incident": str, "link": str})
LINES = Noun("lines", LineCredential, {"line": str, "token_hash": str})
GATEWAYS = Noun("gateways", GatewayRow, {"state": str}, key="name")
CLIPS = Noun("clips", Clip, {"incident": str, "grant": str, "camera": str, "owner": str, "agency": str, "gateway": str, "state": str})
MASKS = Noun("masks", Mask, {"owner": str}, key="camera")
HOLDS = Noun("holds", Hold, {"owner": str})
REQUESTS = Noun("steering_requests", SteeringRequest, {"camera": str, "owner": str, "agency": str, "done_at": int})
PROPOSALS = Noun("pose_proposals", PoseProposal, {})
PURSUITS = Noun("pursuits", Pursuit, {"incident": str, "agency": str, "state": str})
FACTS = Noun("pursuit_facts", Fact, {"pursuit": str, "number": int})

NOUNS = {
    "incidents": INCIDENTS,
    "reports": REPORTS,
    "selections": SELECTIONS,
    "grants": GRANTS,
    "views": VIEWS,
    "duties": DUTIES,
    "obligations": OBLIGATIONS,
    "repairs": REPAIRS,
    "responders": RESPONDERS,
    "timeline": TIMELINE,
    "accounts": ACCOUNTS,
    "sessions": SESSIONS,
    "lines": LINES,
    "gateways": GATEWAYS,
    "clips": CLIPS,
    "masks": MASKS,
    "holds": HOLDS,
    "steering_requests": REQUESTS,
    "pose_proposals": PROPOSALS,
    "pursuits": PURSUITS,
    "pursuit_facts": FACTS,
}
