"""The simulated cameras' ONVIF side: device, media and PTZ services over SOAP 1.2, as the hardware would answer (Profile S and T, in part).

Every camera that turns has its own address, `/cam/{id}/onvif/device_service`. It stands for hardware, so it knows only the camera's
password (WS-Security UsernameToken with digest) and nothing of who may steer. It costs nothing until it is asked.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bonghwa.city.camera import CityCamera, Fault
from bonghwa.city.canvas import HEIGHT, WIDTH
from bonghwa.city.encoder import FRAMES_PER_S
from bonghwa.city.rtsp import SLOW_ANSWER_S, USERNAME, camera_url, password_of
from bonghwa.city.studio import GOP_S, Studio

PROFILE = "main"
LARGEST_REQUEST = 65_536
CLOCK_SKEW_S = 300.0
LONGEST_MOVE_S = 10.0
SOAP = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
VELOCITY = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace"
_NONCES_KEPT = 4_096
_PREFIXES = {DEVICE: "tds", MEDIA: "trt", PTZ: "tptz"}
_SERVICES = {DEVICE: "device_service", MEDIA: "media_service", PTZ: "ptz_service"}
_WITHOUT_PASSWORD = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}

Answer = Callable[[CityCamera, Element], str]


class SoapFault(Exception):
    """The camera refuses: an ONVIF subcode such as `NotAuthorized`, and a sentence."""

    def __init__(self, subcode: str, text: str) -> None:
        super().__init__(text)
        self.subcode = subcode


def onvif_url(base_url: str, camera_id: str, service: str = "device_service") -> str:
    """The address of a camera's service under `http://host:port`."""
    return f"{base_url.rstrip('/')}/cam/{quote(camera_id, safe='')}/onvif/{service}"


class OnvifResponder:
    """An ASGI application, mounted at `/cam`. `rtsp` and `http` are the base addresses it names in its answers."""

    def __init__(self, studio: Studio, cameras: Mapping[str, CityCamera], secret: bytes, rtsp: str, http: str) -> None:
        self._studio, self._cameras, self._secret, self._rtsp, self._http = studio, cameras, secret, rtsp, http
        self._nonces: dict[bytes, None] = {}
        self._answers: dict[tuple[str, str], Answer] = {
            (DEVICE, "GetSystemDateAndTime"): self._time,
            (DEVICE, "GetServices"): self._services,
            (DEVICE, "GetCapabilities"): self._capabilities,
            (DEVICE, "GetGeoLocation"): self._location,
            (MEDIA, "GetProfiles"): self._profiles,
            (MEDIA, "GetStreamUri"): self._stream,
            (MEDIA, "GetSnapshotUri"): self._snapshot,
            (MEDIA, "SetSynchronizationPoint"): self._key_picture,
            (PTZ, "ContinuousMove"): self._move,
            (PTZ, "Stop"): self._stop,
            (PTZ, "GotoHomePosition"): self._home,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self._reply(Request(scope, receive)) if scope["type"] == "http" else Response(status_code=404)
        await answer(scope, receive, send)

    async def _reply(self, request: Request) -> Response:
        parts = request.url.path.split("/")
        camera = self._cameras.get(parts[2]) if len(parts) == 5 and parts[3] == "onvif" else None
        if camera is None or not camera.turns or (request.method, parts[4] == "snapshot") not in (("POST", False), ("GET", True)):
            return Response(status_code=404)
        if camera.fault is Fault.SILENT:
            await asyncio.sleep(3600)
        if camera.fault is Fault.DEAD:
            return Response(status_code=503)
        if camera.fault is Fault.SLOW:
            await asyncio.sleep(SLOW_ANSWER_S)
        if request.method == "GET":
            return await self._still(request, camera)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_REQUEST:
                return Response(status_code=413)
        try:
            return _soap(200, self._answer(camera, body))
        except SoapFault as fault:
            return _soap(400, _fault(fault))

    async def _still(self, request: Request, camera: CityCamera) -> Response:
        proof = f"Basic {base64.b64encode(f'{USERNAME}:{password_of(self._secret, camera.id)}'.encode()).decode()}"
        if not hmac.compare_digest(proof.encode(), request.headers.get("authorization", "").encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="simulated camera"'})
        return Response(await self._studio.jpeg(camera), media_type="image/jpeg")

    def _answer(self, camera: CityCamera, body: bytes) -> str:
        try:
            envelope = fromstring(body, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise SoapFault("WellFormed", "not a SOAP envelope") from error
        asked = next(iter(envelope.find(f"{{{SOAP}}}Body") or ()), None)
        if asked is None:
            raise SoapFault("WellFormed", "an empty body")
        namespace, _, operation = asked.tag[1:].partition("}")
        answer = self._answers.get((namespace, operation))
        if answer is None:
            raise SoapFault("ActionNotSupported", operation)
        if operation not in _WITHOUT_PASSWORD:
            self._check_password(camera, envelope)
        prefix = _PREFIXES[namespace]
        return f"<{prefix}:{operation}Response>{answer(camera, asked)}</{prefix}:{operation}Response>"

    def _check_password(self, camera: CityCamera, envelope: Element) -> None:
        """UsernameToken Profile 1.0: digest = Base64(SHA-1(nonce + created + password)); each nonce once, within five minutes."""
        given = {part: _text(envelope, part) for part in ("Username", "Password", "Nonce", "Created")}
        try:
            nonce = base64.b64decode(given["Nonce"], validate=True)
            age = abs((datetime.now(UTC) - datetime.fromisoformat(given["Created"])).total_seconds())
        except (binascii.Error, ValueError, TypeError) as error:
            raise SoapFault("NotAuthorized", "no usable token") from error
        proof = hashlib.sha1(nonce + given["Created"].encode() + password_of(self._secret, camera.id).encode(), usedforsecurity=False)
        right = hmac.compare_digest(base64.b64encode(proof.digest()), given["Password"].encode())
        if not (right and given["Username"] == USERNAME and age < CLOCK_SKEW_S and nonce not in self._nonces):
            raise SoapFault("NotAuthorized", "the token does not fit")
        self._nonces[nonce] = None
        if len(self._nonces) > _NONCES_KEPT:
            del self._nonces[next(iter(self._nonces))]

    def _time(self, _: CityCamera, __: Element) -> str:
        now = datetime.now(UTC)
        clock = f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        day = f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:TimeZone><tt:TZ>KST-9</tt:TZ></tt:TimeZone><tt:UTCDateTime>{clock}{day}</tt:UTCDateTime></tds:SystemDateAndTime>"
        )

    def _services(self, camera: CityCamera, _: Element) -> str:
        version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version>"
        return "".join(
            f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace>"
            f"<tds:XAddr>{self._at(camera, service)}</tds:XAddr>{version}</tds:Service>"
            for namespace, service in _SERVICES.items()
        )

    def _capabilities(self, camera: CityCamera, _: Element) -> str:
        streaming = "<tt:StreamingCapabilities><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>"
        return (
            f"<tds:Capabilities><tt:Device><tt:XAddr>{self._at(camera, 'device_service')}</tt:XAddr></tt:Device>"
            f"<tt:Media><tt:XAddr>{self._at(camera, 'media_service')}</tt:XAddr>{streaming}</tt:Media>"
            f"<tt:PTZ><tt:XAddr>{self._at(camera, 'ptz_service')}</tt:XAddr></tt:PTZ></tds:Capabilities>"
        )

    def _location(self, camera: CityCamera, _: Element) -> str:
        """Where it stands and looks at home; yaw in degrees from north, clockwise, as GeoOrientation has it (-180 to 180)."""
        pose = self._studio.city.poses[camera.id]
        yaw = (pose.bearing + 180.0) % 360.0 - 180.0
        return (
            '<tds:Location Entity="VideoSource" Token="source" Fixed="true">'
            f'<tt:GeoLocation lon="{camera.lon:.7f}" lat="{camera.lat:.7f}" elevation="{pose.height:.1f}"/>'
            f'<tt:GeoOrientation roll="0" pitch="{-pose.pitch:.1f}" yaw="{yaw:.1f}"/></tds:Location>'
        )

    def _profiles(self, _: CityCamera, __: Element) -> str:
        address = "<tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
        multicast = f"<tt:Multicast>{address}<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        limits = (("FrameRateLimit", FRAMES_PER_S), ("EncodingInterval", 1), ("BitrateLimit", 4096))
        rate = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in limits)
        return (
            f'<trt:Profiles token="{PROFILE}" fixed="true"><tt:Name>main</tt:Name>'
            '<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name><tt:UseCount>1</tt:UseCount>'
            f'<tt:SourceToken>source</tt:SourceToken><tt:Bounds x="0" y="0" width="{WIDTH}" height="{HEIGHT}"/>'
            '</tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="encoder"><tt:Name>encoder</tt:Name>'
            "<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>"
            f"<tt:Resolution><tt:Width>{WIDTH}</tt:Width><tt:Height>{HEIGHT}</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality>"
            f"<tt:RateControl>{rate}</tt:RateControl>"
            f"<tt:H264><tt:GovLength>{round(GOP_S * FRAMES_PER_S)}</tt:GovLength><tt:H264Profile>Baseline</tt:H264Profile></tt:H264>"
            f"{multicast}<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
            '<tt:PTZConfiguration token="head"><tt:Name>head</tt:Name><tt:UseCount>1</tt:UseCount><tt:NodeToken>node</tt:NodeToken>'
            f"<tt:DefaultContinuousPanTiltVelocitySpace>{VELOCITY}</tt:DefaultContinuousPanTiltVelocitySpace>"
            "<tt:DefaultPTZTimeout>PT2S</tt:DefaultPTZTimeout></tt:PTZConfiguration></trt:Profiles>"
        )

    def _stream(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        return self._uri(camera_url(self._rtsp, camera.id))

    def _snapshot(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        return self._uri(onvif_url(self._http, camera.id, "snapshot"))

    @staticmethod
    def _uri(address: str) -> str:
        return (
            f"<trt:MediaUri><tt:Uri>{escape(address)}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
        )

    def _key_picture(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        self._studio.key(camera.id)
        return ""

    def _move(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        turn, zoom = _find(asked, "PanTilt"), _find(asked, "Zoom")
        self._studio.city.heads.move(
            camera.id, _number(turn, "x"), _number(turn, "y"), _number(zoom, "x"), _seconds(_text(asked, "Timeout"))
        )
        return ""

    def _stop(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        self._studio.city.heads.stop(camera.id)
        return ""

    def _home(self, camera: CityCamera, asked: Element) -> str:
        self._check_profile(asked)
        self._studio.city.heads.home(camera.id)
        return ""

    def _check_profile(self, asked: Element) -> None:
        if _text(asked, "ProfileToken") != PROFILE:
            raise SoapFault("NoProfile", "no such profile")

    def _at(self, camera: CityCamera, service: str) -> str:
        return escape(onvif_url(self._http, camera.id, service))


def _find(element: Element, name: str) -> Element | None:
    return next((part for part in element.iter() if part.tag.rpartition("}")[2] == name), None)


def _text(element: Element, name: str) -> str:
    found = _find(element, name)
    return (found.text or "").strip() if found is not None else ""


def _number(element: Element | None, name: str) -> float:
    try:
        return float(element.get(name, "0")) if element is not None else 0.0
    except ValueError as error:
        raise SoapFault("InvalidVelocity", name) from error


def _seconds(duration: str) -> float:
    """An xs:duration of seconds, `PT1.5S`; what is left out or longer is held at what the head does by itself."""
    try:
        return min(LONGEST_MOVE_S, max(0.0, float(duration.removeprefix("PT").removesuffix("S"))))
    except ValueError:
        return LONGEST_MOVE_S


def _soap(status: int, body: str) -> Response:
    names = f'xmlns:s="{SOAP}" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
    spaces = " ".join(f'xmlns:{prefix}="{space}"' for space, prefix in _PREFIXES.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {names} {spaces}><s:Body>{body}</s:Body></s:Envelope>'
    return Response(text, status, media_type="application/soap+xml; charset=utf-8")


def _fault(fault: SoapFault) -> str:
    code = f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{fault.subcode}</s:Value></s:Subcode></s:Code>"
    return f'<s:Fault>{code}<s:Reason><s:Text xml:lang="en">{escape(str(fault))}</s:Text></s:Reason></s:Fault>'
