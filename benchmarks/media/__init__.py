"""The video plane beside aiortc and Janus: same clip, same machine, same run.

    scripts/bench media [--quick]                            all of it: some 40 minutes on a quiet machine, some 4 with --quick
    python -m benchmarks.media [PART...] [--quick] [--json]  parts: first, cost, cut, capacity, networks

Before it: `scripts/services --bench` (Chromium, Janus, GStreamer, ip). What is missing is said and left out. It enters a network
namespace of its own (see `network`); where the machine allows none, Janus is left out. Real recordings are played from
`BONGHWA_BENCH_VIDEO` or `../shared/data/video`. Run it on a machine that does nothing else: the load at the start of each part is printed,
and how long a server waited for its core.

Who serves: our gateway as a process with a hub beside it (`servers`, `hub`), driven only by its outside faces; aiortc at its best, coded
pictures passed through and one relay for all (`rival_aiortc`); Janus 1.1 of Debian with its streaming plugin, as configured by default
and with `videobufferkf` (`janus`). All get one camera (`camera`): a loop (`clip`) played on the wall clock, an IDR every two seconds (in
the simulated city every second), RTSP over TCP, for Janus the same pictures as plain RTP: what RTSP costs is not in its numbers.

Who judges: headless Chromium (`judge`), the same page code for every server, `jitterBufferTarget` 0 for all. Each picture carries its
number in blocks, and pictures are sent on the wall clock: the number read off the screen says how old the picture is.

- `first`: from the POST of the offer (Janus: from `watch`, its session and handle are open before) to the first decoded picture; to the
  first one younger than 300 ms; the age of every picture once settled. Cold, nobody pulls the camera: also less the wait for its next IDR.
- `cost`: CPU (user and system) and resident memory of the server's process, the slope over no, half and all viewers. GStreamer's
  webrtcbin receives and decodes nothing. The server has a core that nothing else of the benchmark uses.
- `cut`: from the order to the last decoded picture of each of 50 viewers that do nothing themselves; 0 where none came after the order.
- `capacity`: the most viewers of one 2 Mbit/s camera from one core without loss, step by step; receivers of our own with real ICE and DTLS.
- `networks`: behind a UDP relay (`relay`) that loses, delays or narrows: share of time frozen, freezes, pictures a second, age, width.

Servers take turns within a round, and where in a GOP a viewer joins is drawn. Values are medians, with the middle half in brackets, unless
the row says p95 or p99. Known bias: a picture counts as shown when the page hears of it (up to a screen refresh late, for all alike);
aiortc's MediaPlayer holds each picture back until the next begins, which is libavformat's doing; the judge shares the machine with the
servers, so that all times rise with its load; GStreamer's receivers are on another core but in the same caches.

Not measured: other browsers, phones, real networks, TURN, the stream behind a bad network (TCP does not go through the relay), capacity
of the rivals (take 100 over their CPU a viewer), aiortc when it decodes and codes again for every viewer.
"""
