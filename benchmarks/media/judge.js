// The judge's page: joins any of the servers the same way and notes what Chromium decoded, and when.
"use strict";

const BLOCK = 16, BITS = 11;
const viewers = [];

/** The number burned into the shown picture, or null where it cannot be read. */
async function numberIn(video) {
  const frame = new VideoFrame(video, { timestamp: 0 });
  try {
    const rect = { x: 0, y: 0, width: BLOCK * (BITS + 3), height: BLOCK };
    const plane = new Uint8Array(frame.allocationSize({ rect }));
    const [layout] = await frame.copyTo(plane, { rect });
    const step = frame.format.startsWith("I420") || frame.format === "NV12" ? 1 : 4;
    const at = (place) => plane[layout.offset + layout.stride * (BLOCK / 2) + (place * BLOCK + BLOCK / 2) * step];
    const middle = (at(0) + at(1)) / 2;
    if (at(0) - at(1) < 60) return null;
    let number = 0, ones = 0;
    for (let bit = 0; bit < BITS; bit++) if (at(2 + bit) > middle) { number |= 1 << bit; ones++; }
    return (at(2 + BITS) > middle ? 1 : 0) === (ones & 1) ? number : null;
  } finally {
    frame.close();
  }
}

/** How old a picture with this number is at a wall-clock time, in ms: the camera sends on the wall clock. */
function ageOf(number, wall, clip) {
  const due = (wall / 1000) * clip.fps;
  let age = (((due - number) % clip.count) + clip.count) % clip.count;
  if (age > clip.count - 2) age -= clip.count;
  return (age / clip.fps) * 1000;
}

function watchOver(video, clip, reading) {
  const viewer = {
    video, asked: 0, askedWall: 0, first: null, firstAge: null, edge: null, frames: 0, last: 0, ages: [], times: [], unread: 0, reading, ended: null, width: 0,
  };
  viewers.push(viewer);
  const seen = () => {
    const now = performance.now(), wall = Date.now();
    viewer.frames++;
    viewer.last = wall;
    viewer.times.push(now);
    if (viewer.first === null) viewer.first = now - viewer.asked;
    viewer.width = video.videoWidth;
    if (viewer.reading) {
      numberIn(video).then((number) => {
        if (number === null) { viewer.unread++; return; }
        const age = ageOf(number, wall, clip);
        if (viewer.firstAge === null) viewer.firstAge = age;
        if (viewer.edge === null && age <= clip.edgeMs) viewer.edge = now - viewer.asked;
        viewer.ages.push(age);
      }).catch(() => { viewer.unread++; });
    }
    if (viewer.ended === null) video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  return viewer;
}

/** The moment that counts as asking: the offer is made, or the session is open, and the request leaves. */
function ask(viewer) {
  viewer.asked = performance.now();
  viewer.askedWall = Date.now();
}

function newVideo() {
  const video = document.createElement("video");
  video.muted = true; video.autoplay = true; video.playsInline = true; video.width = 160;
  document.body.append(video);
  return video;
}

function newPeer(video) {
  const peer = new RTCPeerConnection({ iceServers: [] });
  peer.ontrack = ({ receiver, track }) => {
    receiver.jitterBufferTarget = 0;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {});
  };
  return peer;
}

/** Where `routed`, media goes by way of a relay of the benchmark, which then stands in the place of the server's candidates. */
async function rerouted(sdp, routed) {
  if (!routed) return sdp;
  const lines = sdp.split("\r\n");
  const [, host, port] = lines.map((line) => line.match(/^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host/i)).find((match) => match);
  const relay = await route(host, Number(port));
  const kept = lines.filter((line) => !line.startsWith("a=candidate:"));
  const at = kept.findIndex((line) => line.startsWith("a=ice-ufrag:"));
  kept.splice(at, 0, `a=candidate:1 1 udp 2130706431 ${relay.host} ${relay.port} typ host`);
  return kept.join("\r\n");
}

const JOIN = {
  async whep(viewer, { url, ticket, routed }) {
    const peer = viewer.peer = newPeer(viewer.video);
    peer.addTransceiver("video", { direction: "recvonly" });
    await peer.setLocalDescription(await peer.createOffer());
    ask(viewer);
    const headers = { "Content-Type": "application/sdp" };
    if (ticket) headers.Authorization = `Bearer ${ticket}`;
    const answer = await fetch(url, { method: "POST", headers, body: peer.localDescription.sdp });
    if (answer.status !== 201) throw new Error(`WHEP ${answer.status}: ${await answer.text()}`);
    await peer.setRemoteDescription({ type: "answer", sdp: await rerouted(await answer.text(), routed) });
  },
  async stream(viewer, { url, ticket }) {
    ask(viewer);
    viewer.joined = joinStream(viewer.video, url, ticket, () => {});
  },
  async janus(viewer, { url, mountpoint, routed }) {
    const line = viewer.line = await JanusLine.open(url);
    ask(viewer); // session and handle are there already: only the watch counts
    const offer = await line.message({ request: "watch", id: mountpoint }, null, (answer) => answer.jsep);
    const peer = viewer.peer = newPeer(viewer.video);
    peer.onicecandidate = ({ candidate }) => line.trickle(candidate && !routed ? candidate.toJSON() : { completed: true });
    await peer.setRemoteDescription({ type: "offer", sdp: await rerouted(offer.jsep.sdp, routed) });
    await peer.setLocalDescription(await peer.createAnswer());
    await line.message({ request: "start" }, { type: "answer", sdp: peer.localDescription.sdp }, (answer) => answer.janus === "event");
  },
};

/** One session and handle of Janus over its WebSocket. */
class JanusLine {
  static async open(url) {
    const line = new JanusLine();
    line.waiting = []; line.count = 0;
    line.socket = new WebSocket(url, "janus-protocol");
    await new Promise((done, failed) => { line.socket.onopen = done; line.socket.onerror = failed; });
    line.socket.onmessage = ({ data }) => {
      const answer = JSON.parse(data);
      line.waiting = line.waiting.filter(({ matches, done }) => !(matches(answer) && (done(answer), true)));
    };
    line.session = (await line.ask({ janus: "create" }, (answer) => answer.janus === "success")).data.id;
    line.handle = (await line.ask({ janus: "attach", plugin: "janus.plugin.streaming" }, (answer) => answer.janus === "success")).data.id;
    line.alive = setInterval(() => line.send({ janus: "keepalive" }), 20000);
    return line;
  }
  send(message) {
    const transaction = `t${++this.count}`;
    const where = { ...(this.session && { session_id: this.session }), ...(this.handle && { handle_id: this.handle }) };
    this.socket.send(JSON.stringify({ transaction, ...where, ...message }));
    return transaction;
  }
  ask(message, matches) {
    const transaction = this.send(message);
    return new Promise((done) => this.waiting.push({ matches: (answer) => answer.transaction === transaction && matches(answer), done }));
  }
  message(body, jsep, matches) { return this.ask({ janus: "message", body, ...(jsep && { jsep }) }, matches); }
  trickle(candidate) { this.send({ janus: "trickle", candidate }); }
  close() { clearInterval(this.alive); this.socket.close(); }
}

/** Join; gives the viewer's number at once. A refusal is kept in the viewer's `error`. */
function watch(kind, place, clip, reading) {
  const viewer = watchOver(newVideo(), clip, reading);
  JOIN[kind](viewer, place).catch((error) => { viewer.error = String(error); });
  return viewers.length - 1;
}

function leave(number) {
  const viewer = viewers[number];
  viewer.ended = Date.now();
  viewer.peer?.close();
  viewer.joined?.leave();
  viewer.line?.close();
  viewer.video.srcObject = null;
  viewer.video.remove();
}

function noted(number) {
  const { askedWall, first, firstAge, edge, frames, last, ages, times, unread, error, width } = viewers[number];
  return { now: performance.now(), askedWall, first, firstAge, edge, frames, last, ages, times, unread, error: error ?? null, width };
}

async function received(number) {
  const report = await viewers[number].peer.getStats();
  return [...report.values()].find((entry) => entry.type === "inbound-rtp" && entry.kind === "video") ?? null;
}
