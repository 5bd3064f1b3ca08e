"""WebRTC receivers none of us wrote: GStreamer's webrtcbin, as many as asked for in one process, decoding nothing.

Run by Debian's own Python (`/usr/bin/python3`), which has GStreamer's bindings. One JSON object a line on standard input, one answer:

    {"do": "offer", "id": 1}                          {"id": 1, "sdp": ...}      an offer of ours, with all candidates
    {"do": "answer", "id": 1, "sdp": ...}             {"id": 1}                  the server's answer to it
    {"do": "accept", "id": 1, "sdp": ...}             {"id": 1, "sdp": ...}      our answer to the server's offer
    {"do": "count"}                                   {"packets": n, "lost": n, "receiving": n}
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  the versions must be required before

H264 = (
    "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=102,packetization-mode=(string)1,"
    "profile-level-id=(string)42e01f,level-asymmetry-allowed=(string)1"
)


class Receiver:
    """One peer connection whose media is thrown away."""

    def __init__(self, number):
        self.number = number
        self.pipeline = Gst.Pipeline.new(f"receiver{number}")
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.peer.set_property("latency", 0)
        self.peer.connect("pad-added", self._sink)
        self.buffer = None
        self.peer.get_by_name("rtpbin").connect("new-jitterbuffer", self._buffering)
        self.pipeline.add(self.peer)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.gathered = threading.Event()
        self.peer.connect("notify::ice-gathering-state", self._gathering)

    def _sink(self, _, pad):
        if pad.get_direction() == Gst.PadDirection.SRC:
            sink = Gst.ElementFactory.make("fakesink")
            sink.set_property("sync", False)
            sink.set_property("async", False)
            self.pipeline.add(sink)
            sink.sync_state_with_parent()
            pad.link(sink.get_static_pad("sink"))

    def _buffering(self, _bin, buffer, _session, _ssrc):
        self.buffer = buffer

    def _gathering(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def _local(self, kind):
        promise = Gst.Promise.new()
        self.peer.emit(f"create-{kind}", None, promise)
        promise.wait()
        reply = promise.get_reply()  # it owns the description
        description = reply.get_value(kind)
        done = Gst.Promise.new()
        self.peer.emit("set-local-description", description, done)
        done.wait()
        self.gathered.wait(5)
        return self.peer.get_property("local-description").sdp.as_text()

    def _remote(self, sdp, kind):
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        promise, description = Gst.Promise.new(), GstWebRTC.WebRTCSessionDescription.new(kind, message)
        self.peer.emit("set-remote-description", description, promise)
        promise.wait()

    def offer(self):
        self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(H264))
        return self._local("offer")

    def answer(self, sdp):
        self._remote(sdp, GstWebRTC.WebRTCSDPType.ANSWER)

    def accept(self, sdp):
        self._remote(sdp, GstWebRTC.WebRTCSDPType.OFFER)
        return self._local("answer")

    def counted(self):
        if self.buffer is None:
            return 0, 0
        stats = self.buffer.get_property("stats")
        return stats.get_value("num-pushed"), stats.get_value("num-lost")


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    receivers = {}
    for line in sys.stdin:
        asked = json.loads(line)
        do, number = asked["do"], asked.get("id")
        if do == "count":
            counts = [receiver.counted() for receiver in receivers.values()]
            said = {
                "packets": sum(one[0] for one in counts),
                "lost": sum(one[1] for one in counts),
                "receiving": sum(one[0] > 0 for one in counts),
            }
        elif do == "offer":
            receivers[number] = Receiver(number)
            said = {"id": number, "sdp": receivers[number].offer()}
        elif do == "answer":
            receivers[number].answer(asked["sdp"])
            said = {"id": number}
        else:
            receivers[number] = Receiver(number)
            said = {"id": number, "sdp": receivers[number].accept(asked["sdp"])}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
