/** The sound's state for the screen: its troubles and the minute of silence, as values the page redraws with. */
import { Sound, sound } from './sound';

class Audible {
  trouble: Sound['trouble'] = $state('');
  mutedUntil: number = $state(0);

  constructor() {
    sound.onchange = () => {
      this.trouble = sound.trouble;
      this.mutedUntil = sound.mutedUntil;
    };
    // A page that was loaded again has its session but not yet the touch that lets it sound.
    const touched = (): void => void sound.unlock();
    addEventListener('pointerdown', touched, { capture: true });
    addEventListener('keydown', touched, { capture: true });
    if (!navigator.userActivation?.hasBeenActive) sound.trouble = this.trouble = 'blocked';
  }
}

export const audible = new Audible();
