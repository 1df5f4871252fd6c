import { ROUTES, type RouteName } from '@jupyterlab-vcp/sdk/wire';
import type { HTTPMethods } from 'fastify';

/** A parameter is a whole segment without ":", so that `/vcs/genome:plan` is never the VC called "genome:plan". */
const PARAMETER = '(^[^:/]+)';

/** `/v1/vcs/:vc:plan` in the router's own words: a parameter stands after "/", a verb after ":". */
export function routerPath(path: string): string {
  return path.replace(/(\/?):([a-z]+)/gi, (_, slash: string, word: string) => (slash === '/' ? `/:${word}${PARAMETER}` : `::${word}`));
}

declare module 'fastify' {
  interface FastifyContextConfig { routeName?: RouteName }
}

/** Method, path and name of a route of the contract, to be spread into `app.route`. */
export function at(name: RouteName): { readonly method: HTTPMethods; readonly url: string; readonly config: { readonly routeName: RouteName } } {
  const route = ROUTES[name];
  return { method: route.method, url: routerPath(route.path), config: { routeName: name } };
}
