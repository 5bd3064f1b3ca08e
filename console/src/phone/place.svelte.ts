/** The responder's own place, only while the page is open and only on this device: it is sent to nobody. */
import type { OwnPlace } from '../map/types';

const RADIUS_M = 6_371_000;

export class OwnWay {
  place = $state.raw<OwnPlace | null>(null);
  denied = $state(false);
  #watch: number | null = null;

  /** Begins at once where the person allowed it before. */
  async resume(): Promise<void> {
    const permission = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null);
    if (permission?.state === 'granted') this.start();
  }

  /** Asks for the place; the browser asks the person. */
  start(): void {
    if (this.#watch !== null || !('geolocation' in navigator)) return;
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        this.denied = false;
        this.place = { lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy, heading: coords.heading };
      },
      ({ code, PERMISSION_DENIED }) => {
        // Without satellites for a while (a tunnel, a stairwell) the watch goes on: the place of before is not the place of now.
        this.place = null;
        this.denied = true;
        if (code === PERMISSION_DENIED) this.stop();
      },
      { enableHighAccuracy: true, maximumAge: 5000 },
    );
  }

  stop(): void {
    if (this.#watch !== null) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = null;
    this.place = null;
  }
}

/** Straight distance in metres and the direction to go, degrees clockwise from north. */
export function wayTo(from: { lat: number; lon: number }, to: { lat: number; lon: number }): { metres: number; bearing: number } {
  const rad = Math.PI / 180;
  const [a, b] = [from.lat * rad, to.lat * rad];
  const [dLat, dLon] = [b - a, (to.lon - from.lon) * rad];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(dLon / 2) ** 2;
  const y = Math.sin(dLon) * Math.cos(b);
  const x = Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(dLon);
  return { metres: 2 * RADIUS_M * Math.asin(Math.sqrt(h)), bearing: (Math.atan2(y, x) / rad + 360) % 360 };
}

/** True when the browser knows that the network is poor or the person saves data. */
export function poorNetwork(): boolean {
  const connection = (navigator as { connection?: { effectiveType?: string; saveData?: boolean } }).connection;
  return connection?.saveData === true || connection?.effectiveType === 'slow-2g' || connection?.effectiveType === '2g';
}
