"""A small ONVIF camera of these tests: raw HTTP over asyncio, its own reading of the token, and every bad manner a camera can have."""

import asyncio
import base64
import hashlib
import re

SOAP = "http://www.w3.org/2003/05/soap-envelope"
TIME = (
    "<tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>"
    "<tt:Date><tt:Year>2031</tt:Year><tt:Month>4</tt:Month><tt:Day>5</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
)
PROFILES = (
    '<trt:Profiles token="p1"><tt:Name>high</tt:Name><tt:VideoEncoderConfiguration><tt:Encoding>H264</tt:Encoding>'
    "<tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution>"
    "<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration>"
    "<tt:PTZConfiguration/></trt:Profiles>"
    '<trt:Profiles token="p2"><tt:Name>low</tt:Name></trt:Profiles>'
)


class Peer:
    """`manner`: what it answers to an operation instead of the truth; a text, or a coroutine function given the writer."""

    def __init__(self, username="viewer", password="p@ss word", services_at=None):
        self.username, self.password, self.services_at = username, password, services_at
        self.asked = []
        self.bodies = []
        self.created = []
        self.manner = {}
        self.refuse_password = False
        self.geo = ('lat="37.5" lon="126.7"', 'yaw="-90"')
        self._server = None
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close()

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        await self.stop()

    def count(self, operation):
        return self.asked.count(operation)

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(re.search(r"(?i)content-length: (\d+)", head)[1])
                body = (await reader.readexactly(length)).decode()
                await self._reply(head, body, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _reply(self, head, body, writer):
        operation = re.search(r"<s:Body><\w+:(\w+)", body)[1]
        self.asked.append(operation)
        self.bodies.append(body)
        manner = self.manner.get(operation)
        if callable(manner):
            await manner(writer)
            return
        if manner is not None:
            writer.write(http(manner))
            return
        if operation != "GetSystemDateAndTime" and not self._proven(body):
            writer.write(http(fault("NotAuthorized"), "400 Bad Request"))
            return
        writer.write(http(envelope(f"<x:{operation}Response xmlns:x='urn:any'>{self._answer(operation)}</x:{operation}Response>")))

    def _proven(self, body):
        parts = {name: re.search(rf"<\w+:{name}(?: [^>]*)?>([^<]*)<", body) for name in ("Username", "Password", "Nonce", "Created")}
        if self.refuse_password or not all(parts.values()):
            return False
        text = {name: found[1] for name, found in parts.items()}
        self.created.append(text["Created"])
        wanted = hashlib.sha1(base64.b64decode(text["Nonce"]) + (text["Created"] + self.password).encode()).digest()
        return text["Username"] == self.username and base64.b64decode(text["Password"]) == wanted

    def _answer(self, operation):
        if operation == "GetSystemDateAndTime":
            return TIME
        if operation == "GetServices":
            base = self.services_at or f"http://127.0.0.1:{self.port}"
            spaces = {"media": "http://www.onvif.org/ver10/media/wsdl", "ptz": "http://www.onvif.org/ver20/ptz/wsdl"}
            return "".join(
                f"<tds:Service><tds:Namespace>{space}</tds:Namespace><tds:XAddr>{base}/onvif/{name}</tds:XAddr></tds:Service>"
                for name, space in spaces.items()
            )
        if operation == "GetProfiles":
            return PROFILES
        if operation == "GetStreamUri":
            return "<trt:MediaUri><tt:Uri>rtsp://10.9.8.7:8554/live?channel=1</tt:Uri></trt:MediaUri>"
        if operation == "GetGeoLocation":
            return f"<tds:Location><tt:GeoLocation {self.geo[0]}/><tt:GeoOrientation {self.geo[1]}/></tds:Location>"
        return ""


def envelope(body):
    spaces = 'xmlns:tds="urn:d" xmlns:trt="urn:m" xmlns:tt="urn:t" xmlns:ter="urn:e"'
    return f'<?xml version="1.0"?><s:Envelope xmlns:s="{SOAP}" {spaces}><s:Body>{body}</s:Body></s:Envelope>'


def fault(code):
    return envelope(f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code></s:Fault>")


def http(content, status="200 OK", more=""):
    body = content.encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
