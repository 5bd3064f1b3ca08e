/** Where we are: paths of the page's own, kept in the browser's history. */

export type Route =
  | { screen: 'city' }
  | { screen: 'incident' | 'pursuit'; id: string }
  | { screen: 'cameras' | 'views' | 'audit' | 'quality' | 'drills' | 'lost' };

const PLAIN = ['cameras', 'views', 'audit', 'quality', 'drills'] as const;

/** The screen a path names. */
export function routeOf(path: string): Route {
  const [first = '', second] = path.split('/').filter(Boolean);
  if (first === '') return { screen: 'city' };
  if (first === 'incidents' && second) return { screen: 'incident', id: decodeURIComponent(second) };
  if (first === 'pursuits' && second) return { screen: 'pursuit', id: decodeURIComponent(second) };
  const plain = PLAIN.find((name) => name === first);
  return { screen: plain ?? 'lost' };
}

class Router {
  path: string = $state(location.pathname);
  route: Route = $derived(routeOf(this.path));

  constructor() {
    addEventListener('popstate', () => (this.path = location.pathname));
    addEventListener('click', (event) => this.#clicked(event));
  }

  /** Goes to a path of this page. */
  go(path: string): void {
    if (path === this.path) return;
    history.pushState(null, '', path);
    this.path = path;
  }

  /** Ordinary links within the page change the screen instead of loading it again. */
  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
    if (!link || link.target || link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    this.go(link.pathname);
  }
}

export const router = new Router();
export const incidentPath = (id: string): string => `/incidents/${encodeURIComponent(id)}`;
export const pursuitPath = (id: string): string => `/pursuits/${encodeURIComponent(id)}`;
