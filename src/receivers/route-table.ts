/** Finds the route of a request: fixed paths by one look-up, paths with `{names}` by their segments, in the order given. */
import type { HttpMethod, ReceiverRoute } from './http-receiver.ts';

export interface FoundRoute {
  readonly route: ReceiverRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: ReceiverRoute;
  readonly segments: readonly string[];
  /** The last segment takes the rest of the path. */
  readonly isOpen: boolean;
}

const noParameters = {};

export class RouteTable {
  readonly #fixed = new Map<string, ReceiverRoute[]>();
  readonly #patterns: Pattern[] = [];

  constructor(routes: readonly ReceiverRoute[]) {
    for (const route of routes) {
      if (route.path.includes('{')) this.#patterns.push(patternOf(route));
      else this.#fixed.set(route.path, [...(this.#fixed.get(route.path) ?? []), route]);
    }
  }

  /** The route; the methods that the path would take, where it takes another one; undefined where nobody has the path. */
  find(method: string, path: string): FoundRoute | { readonly allow: readonly HttpMethod[] } | undefined {
    const allow: HttpMethod[] = [];
    for (const route of this.#fixed.get(path) ?? []) {
      if (takes(route, method)) return { route, parameters: noParameters };
      allow.push(...route.methods);
    }
    if (this.#patterns.length === 0) return allow.length === 0 ? undefined : { allow };
    const segments = path.split('/');
    for (const pattern of this.#patterns) {
      const parameters = match(pattern, segments);
      if (parameters === undefined) continue;
      if (takes(pattern.route, method)) return { route: pattern.route, parameters };
      allow.push(...pattern.route.methods);
    }
    return allow.length === 0 ? undefined : { allow: [...new Set(allow)] };
  }
}

function takes(route: ReceiverRoute, method: string): boolean {
  return (route.methods as readonly string[]).includes(method);
}

function patternOf(route: ReceiverRoute): Pattern {
  const isOpen = route.path.endsWith('...}');
  return { route, segments: route.path.replace('...}', '}').split('/'), isOpen };
}

function match({ segments, isOpen }: Pattern, given: readonly string[]): Record<string, string> | undefined {
  if (isOpen ? given.length < segments.length : given.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (!segment.startsWith('{')) {
      if (segment !== given[i]) return undefined;
      continue;
    }
    const text = isOpen && i === segments.length - 1 ? given.slice(i).join('/') : given[i];
    const value = decoded(text);
    if (value === undefined || value === '') return undefined;
    parameters[segment.slice(1, -1)] = value;
  }
  return parameters;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
