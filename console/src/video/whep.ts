import { failureOf, type Attempt, type AttemptHeard } from './attempt';
import { FrameWatch } from './frames';
import { relays } from './relay';
import { borrowScreen, returnScreen } from './screens';

/** A peer connection with its offer made, ready before the hub has answered. */
export interface PreparedOffer {
  peer: RTCPeerConnection;
  sdp: string;
}

/**
 * Makes a receive-only H.264 offer. The gateway is ICE-lite on a known address, so the offer leaves without waiting for candidates.
 * Throws what the browser throws when WebRTC is switched off.
 */
export async function prepareOffer(): Promise<PreparedOffer> {
  const peer = new RTCPeerConnection({ iceServers: relays() });
  const receiver = peer.addTransceiver('video', { direction: 'recvonly' });
  preferH264(receiver);
  const offer = await peer.createOffer();
  await peer.setLocalDescription(offer);
  return { peer, sdp: offer.sdp ?? '' };
}

function preferH264(receiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter((codec) => codec.mimeType === 'video/H264' || codec.mimeType === 'video/rtx');
  if (wanted.length > 0) receiver.setCodecPreferences(wanted);
}

/** A WHEP session: one camera over WebRTC, into its own video element. */
export class WhepAttempt implements Attempt {
  readonly kind = 'webrtc';
  readonly element = borrowScreen();
  readonly #peer: RTCPeerConnection;
  readonly #frames: FrameWatch;
  readonly #heard: AttemptHeard;
  readonly #ticket: string;
  #session: string | null = null;
  #closed = false;

  constructor(prepared: PreparedOffer, url: string, ticket: string, heard: AttemptHeard) {
    this.#peer = prepared.peer;
    this.#ticket = ticket;
    this.#heard = heard;
    this.#frames = new FrameWatch(this.element, (count) => heard.frame(count));
    this.#peer.ontrack = (event) => this.#show(event.receiver);
    this.#peer.onconnectionstatechange = () => this.#watchConnection();
    void this.#call(url, prepared.sdp);
  }

  get lastAt(): number {
    return this.#frames.lastAt;
  }

  get fps(): number {
    return this.#frames.fps;
  }

  get interval(): number {
    return this.#frames.interval;
  }

  get delayMs(): number | null {
    return this.#frames.delayMs;
  }

  close(tell: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.element.remove();
    this.#frames.stop();
    this.#peer.ontrack = null;
    this.#peer.onconnectionstatechange = null;
    setTimeout(() => {
      returnScreen(this.element);
      if (tell && this.#session) this.#hangUp(this.#session);
      else this.#peer.close();
    });
  }

  async #call(url: string, sdp: string): Promise<void> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${this.#ticket}` },
        body: sdp,
        credentials: 'omit',
      });
      if (answer.status !== 201) {
        const failure = await failureOf(answer);
        this.#fail(() => this.#heard.failed(failure));
        return;
      }
      const location = answer.headers.get('Location');
      const session = location ? new URL(location, url).href : null;
      const description = await answer.text();
      if (this.#closed) {
        if (session) this.#hangUp(session);
        return;
      }
      this.#session = session;
      await this.#peer.setRemoteDescription({ type: 'answer', sdp: description });
      this.#listenForGoodbye();
    } catch {
      this.#fail(() => this.#heard.failed('lost'));
    }
  }

  #show(receiver: RTCRtpReceiver): void {
    receiver.jitterBufferTarget = 0;
    this.element.srcObject = new MediaStream([receiver.track]);
    // Autoplay of a muted element may still be refused by policy; frames then never come and the fallback takes over.
    this.element.play().catch(() => undefined);
  }

  /** The gateway's DTLS goodbye reaches the transport within milliseconds; the connection's own state would take seconds. */
  #listenForGoodbye(): void {
    const dtls = this.#peer.getReceivers()[0]?.transport;
    if (!dtls) return;
    dtls.onstatechange = () => {
      if (dtls.state === 'closed') this.#fail(() => this.#heard.failed('goodbye'));
    };
  }

  #watchConnection(): void {
    const state = this.#peer.connectionState;
    if (state === 'failed' || state === 'closed') this.#fail(() => this.#heard.failed('lost'));
  }

  #fail(tell: () => void): void {
    if (!this.#closed) tell();
  }

  /** Says goodbye before the connection closes: after it the gateway would know no such session. A lost goodbye is reaped there. */
  #hangUp(session: string): void {
    fetch(session, { method: 'DELETE', headers: { Authorization: `Bearer ${this.#ticket}` }, credentials: 'omit', keepalive: true })
      .catch(() => undefined)
      .finally(() => this.#peer.close());
  }
}
