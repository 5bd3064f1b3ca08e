/** Short notices that go by themselves: outcomes of an act. What must not be missed is an alarm bar, not a toast. */
import { announce } from './live.svelte';

export type Tone = 'info' | 'warn' | 'alarm';
/** What can be done about a notice, with the keycap of the key that does the same. */
export type NoticeAct = { label: string; cap: string; run: () => void };
export type Notice = { id: number; text: string; tone: Tone; act?: NoticeAct | undefined };
const STAYS_MS = 6000;

class Toasts {
  shown: Notice[] = $state.raw([]);
  #next = 1;

  add(text: string, tone: Tone, act?: NoticeAct): void {
    const id = this.#next++;
    this.shown = [...this.shown.filter((n) => n.text !== text), { id, text, tone, act }].slice(-4);
    setTimeout(() => this.drop(id), STAYS_MS);
    announce(text, tone === 'alarm');
  }

  drop(id: number): void {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  }
}

export const toasts = new Toasts();
/** Shows a notice for six seconds and speaks it. */
export const toast = (text: string, tone: Tone = 'info', act?: NoticeAct): void => toasts.add(text, tone, act);
