// The least a page needs to watch: WHEP first, the WebSocket stream where no UDP gets through.
"use strict";

/** Join by WebRTC. Gives {leave()}; `onEnd` is called when the gateway said goodbye; `adapt` may change the answer (to try other ways). */
async function joinWhep(video, url, ticket, onEnd, adapt = (sdp) => sdp, more = {}) {
  const peer = new RTCPeerConnection({ iceServers: [], ...more });
  peer.addTransceiver("video", { direction: "recvonly" });
  let location = null;
  const leave = () => {
    peer.close();
    video.srcObject = null; // blank at once: Chromium keeps showing the last frame
    if (location) fetch(location, { method: "DELETE", headers: { Authorization: `Bearer ${ticket}` }, keepalive: true }).catch(() => {});
  };
  peer.ontrack = ({ receiver, streams }) => {
    receiver.jitterBufferTarget = 0;
    video.srcObject = streams[0] ?? new MediaStream([receiver.track]);
    video.play().catch(() => {});
  };
  peer.onconnectionstatechange = () => {
    if (peer.connectionState === "failed" || peer.connectionState === "closed" || peer.connectionState === "disconnected") onEnd(peer.connectionState);
  };
  const offer = await peer.createOffer();
  await peer.setLocalDescription(offer); // no waiting for candidates: the gateway is ICE-lite, our checks tell it where we are
  const answer = await fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${ticket}`, "Content-Type": "application/sdp" },
    body: offer.sdp,
  });
  if (answer.status !== 201) {
    peer.close();
    throw Object.assign(new Error("WHEP refused"), { status: answer.status, problem: await answer.json().catch(() => null) });
  }
  location = new URL(answer.headers.get("Location"), url).href;
  await peer.setRemoteDescription({ type: "answer", sdp: adapt(await answer.text()) });
  // The DTLS goodbye reaches the transport at once, long before connectionState changes.
  const dtls = peer.getReceivers()[0].transport;
  if (dtls) dtls.onstatechange = () => { if (dtls.state === "closed" || dtls.state === "failed") { video.srcObject = null; onEnd("cut"); } };
  return { peer, leave };
}

/** The fallback. `url` is the stream address with ws:// or wss://. `onEnd(code)`: 4003 grant over, 4008 lease over, 4004 camera unshowable. */
function joinStream(video, url, ticket, onEnd, onHealth) {
  const socket = new WebSocket(url, ["bonghwa.v1", `ticket.${ticket}`]);
  socket.binaryType = "arraybuffer";
  const media = new MediaSource();
  video.src = URL.createObjectURL(media);
  const opened = new Promise((done) => media.addEventListener("sourceopen", done, { once: true }));
  const queue = [];
  let buffer = null;
  const pump = () => {
    if (!buffer || buffer.updating || !queue.length || media.readyState !== "open") return;
    const next = queue.shift();
    if (typeof next === "string") {
      buffer.changeType(`video/mp4; codecs="${next}"`);
      return pump();
    }
    try { buffer.appendBuffer(next); } catch (error) { socket.close(); onEnd(String(error)); }
  };
  const chase = () => {
    if (!video.buffered.length) return;
    const end = video.buffered.end(video.buffered.length - 1);
    const behind = end - video.currentTime;
    if (behind > 0.5 || behind < 0) video.currentTime = end - 0.03;
    else video.playbackRate = behind > 0.18 ? 1.08 : 1;
    if (video.paused) video.play().catch(() => {});
    if (buffer && !buffer.updating && end - video.buffered.start(0) > 20) buffer.remove(video.buffered.start(0), end - 10);
  };
  socket.onmessage = async ({ data }) => {
    if (typeof data !== "string") {
      queue.push(data);
      return pump();
    }
    const word = JSON.parse(data);
    if (word.health) return onHealth?.(word.health);
    if (buffer) { queue.push(word.codec); return pump(); } // the camera changed its format: a new init segment follows
    await opened;
    media.duration = Infinity;
    buffer = media.addSourceBuffer(`video/mp4; codecs="${word.codec}"`);
    buffer.addEventListener("updateend", () => { chase(); pump(); });
    pump();
  };
  const leave = () => {
    socket.close();
    video.removeAttribute("src");
    video.load(); // drop the buffer: what was not shown yet must not be
  };
  socket.onclose = ({ code }) => { leave(); onEnd(code); };
  return { socket, leave };
}
