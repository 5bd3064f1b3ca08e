import { desk } from '../lib/session.svelte';

/** An address without the city's own name in front, which every line of a list would repeat. */
export function withoutCity(address: string | null | undefined): string {
  const city = desk.vocabulary?.city.name.ko ?? '';
  return city && address?.startsWith(city) ? address.slice(city.length).trim() : (address ?? '');
}
