/**
 * The desk's sounds (design section 8), made of tones on the spot: nothing is loaded. One sound at a time, the highest; every sound has
 * its twin on the screen. Browsers let a page sound only after a person touched it: signing in does that and plays the test tone.
 */
import type { Priority } from './types';

export type Alarm = { priority: Priority; drill: boolean; louder: boolean };
/** How often an unacknowledged alarm sounds, by code, in ms. Code 2 sounds once; 3 and 4 are silent. */
const EVERY_MS: Partial<Record<Priority, number>> = { 0: 4000, 1: 8000 };
const RISING: Note[] = [{ hz: 660, at: 0, ms: 180 }, { hz: 880, at: 190, ms: 180 }];
const FALLING: Note[] = [{ hz: 520, to: 260, at: 0, ms: 220 }];
const SINGLE: Note[] = [{ hz: 660, at: 0, ms: 180 }];
const ASKING: Note[] = [{ hz: 330, at: 0, ms: 140 }, { hz: 330, at: 220, ms: 140 }];
const WOOD: Note[] = [{ hz: 1700, to: 900, at: 0, ms: 28 }, { hz: 1400, to: 800, at: 150, ms: 28 }];
const TEST: Note[] = [{ hz: 660, at: 0, ms: 120 }, { hz: 880, at: 130, ms: 120 }];
export const MUTE_MS = 60_000;
/** After a person's touch a working device starts well within this. */
const STARTS_WITHIN_MS = 3000;

type Note = { hz: number; to?: number; at: number; ms: number };

export class Sound {
  /** Called when `trouble` or the mute changed. */
  onchange: () => void = () => {};
  /** Why nothing can be heard: the browser waits for a touch, or there is no working audio device. Empty: it sounds. */
  trouble: '' | 'blocked' | 'device' = '';
  /** This device's time (ms) until which the desk is muted, or 0. */
  mutedUntil = 0;
  #context: AudioContext | null = null;
  #alarm: Alarm | null = null;
  #timer = 0;
  #busyUntil = 0;

  /** Readies the sound; `test` plays the test tone. Call it from a click or a key. */
  async unlock(test = false): Promise<void> {
    try {
      const context = (this.#context ??= this.#open());
      await Promise.race([context.resume(), new Promise((done) => setTimeout(done, STARTS_WITHIN_MS))]);
      this.#say(context.state === 'running' ? '' : 'device');
      if (test) this.#play(TEST, 0.12);
    } catch {
      this.#say('device');
    }
  }

  /** The highest alarm nobody has acknowledged, or null: sounds until told otherwise. */
  alarm(next: Alarm | null): void {
    const before = this.#alarm;
    this.#alarm = next;
    const same = before && next && before.priority === next.priority && before.drill === next.drill && before.louder === next.louder;
    if (same) return;
    clearTimeout(this.#timer);
    if (next) this.#sound(!before || next.priority < before.priority);
  }

  /** A tone once, for a new alarm of code 2. */
  once(drill: boolean): void {
    if (!this.#alarm) this.#play(drill ? WOOD : SINGLE, 0.16);
  }

  /** One's own picture was cut. */
  cut(): void {
    this.#play(FALLING, 0.14);
  }

  /** An owner is asked for an answer. */
  ask(): void {
    this.#play(ASKING, 0.16);
  }

  /** Silences the desk for a minute; an alarm of code 0 comes back by itself. */
  mute(): void {
    this.mutedUntil = Date.now() + MUTE_MS;
    this.onchange();
    setTimeout(() => {
      if (Date.now() >= this.mutedUntil) this.mutedUntil = 0;
      this.onchange();
    }, MUTE_MS + 50);
  }

  unmute(): void {
    this.mutedUntil = 0;
    this.onchange();
  }

  #open(): AudioContext {
    const context = new AudioContext();
    context.onstatechange = () => {
      if (context.state === 'running') this.#say('');
    };
    return context;
  }

  #sound(first: boolean): void {
    const alarm = this.#alarm;
    if (!alarm) return;
    const every = EVERY_MS[alarm.priority];
    if (every || first) this.#play(alarm.drill ? WOOD : every ? RISING : SINGLE, alarm.louder ? 0.34 : 0.18);
    if (every) this.#timer = window.setTimeout(() => this.#sound(false), alarm.louder ? every / 2 : every);
  }

  #say(trouble: Sound['trouble']): void {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.onchange();
  }

  #play(notes: Note[], gain: number): void {
    const context = this.#context;
    if (!context || context.state !== 'running') return this.#say(this.trouble || 'blocked');
    const now = performance.now();
    if (Date.now() < this.mutedUntil || now < this.#busyUntil) return;
    const last = notes.at(-1);
    this.#busyUntil = now + (last ? last.at + last.ms : 0);
    for (const note of notes) this.#note(context, note, gain);
  }

  #note(context: AudioContext, note: Note, gain: number): void {
    const from = context.currentTime + note.at / 1000;
    const until = from + note.ms / 1000;
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.type = note.ms < 50 ? 'triangle' : 'sine';
    tone.frequency.setValueAtTime(note.hz, from);
    if (note.to) tone.frequency.exponentialRampToValueAtTime(note.to, until);
    level.gain.setValueAtTime(0, from);
    level.gain.linearRampToValueAtTime(gain, from + 0.008);
    level.gain.setValueAtTime(gain, until - 0.03 > from ? until - 0.03 : from + 0.01);
    level.gain.linearRampToValueAtTime(0, until);
    tone.connect(level).connect(context.destination);
    tone.start(from);
    tone.stop(until + 0.02);
  }
}

export const sound = new Sound();
