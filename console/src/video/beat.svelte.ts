/** A quarter-second beat for ages on tiles; it runs only while somebody reads it. */
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 250);
  return () => clearInterval(timer);
});

/** The monotonic time, redrawn four times a second where it is read in markup. */
export function beat(): number {
  subscribe();
  return performance.now();
}
