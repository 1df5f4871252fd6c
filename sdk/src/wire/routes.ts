/**
 * Every route of the REST API, once: `http/` registers exactly these, the client calls them by name and a test
 * compares the three (routes, OpenAPI, client). `change` = needs Idempotency-Key support and answers 202.
 */
export type Verb = 'read' | 'change' | 'destroy' | 'exec' | 'admin';
export interface Route { readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly path: string; readonly verb: Verb; readonly change?: boolean }

export const ROUTES = {
  health: { method: 'GET', path: '/healthz', verb: 'read' },
  ready: { method: 'GET', path: '/readyz', verb: 'read' },
  version: { method: 'GET', path: '/v1/version', verb: 'read' },
  openapi: { method: 'GET', path: '/v1/openapi.json', verb: 'read' },
  metrics: { method: 'GET', path: '/metrics', verb: 'read' },
  listVcs: { method: 'GET', path: '/v1/vcs', verb: 'read' },
  createVc: { method: 'POST', path: '/v1/vcs', verb: 'change', change: true },
  getVc: { method: 'GET', path: '/v1/vcs/:vc', verb: 'read' },
  deleteVc: { method: 'DELETE', path: '/v1/vcs/:vc', verb: 'destroy', change: true },
  planVc: { method: 'POST', path: '/v1/vcs/:vc:plan', verb: 'read' },
  applyVc: { method: 'POST', path: '/v1/vcs/:vc:apply', verb: 'change', change: true },
  exportVc: { method: 'GET', path: '/v1/vcs/:vc:export', verb: 'read' },
  listUnits: { method: 'GET', path: '/v1/vcs/:vc/units', verb: 'read' },
  createUnit: { method: 'POST', path: '/v1/vcs/:vc/units', verb: 'change', change: true },
  getUnit: { method: 'GET', path: '/v1/vcs/:vc/units/:unit', verb: 'read' },
  deleteUnit: { method: 'DELETE', path: '/v1/vcs/:vc/units/:unit', verb: 'destroy', change: true },
  scaleUnit: { method: 'POST', path: '/v1/vcs/:vc/units/:unit:scale', verb: 'change', change: true },
  addNodes: { method: 'POST', path: '/v1/vcs/:vc/units/:unit:add', verb: 'change', change: true },
  setApp: { method: 'PUT', path: '/v1/vcs/:vc/units/:unit/apps/:app', verb: 'change', change: true },
  removeApp: { method: 'DELETE', path: '/v1/vcs/:vc/units/:unit/apps/:app', verb: 'change', change: true },
  listNodes: { method: 'GET', path: '/v1/vcs/:vc/nodes', verb: 'read' },
  removeNodes: { method: 'POST', path: '/v1/vcs/:vc/nodes:remove', verb: 'destroy', change: true },
  getNode: { method: 'GET', path: '/v1/vcs/:vc/nodes/:node', verb: 'read' },
  execNode: { method: 'POST', path: '/v1/vcs/:vc/nodes/:node:exec', verb: 'exec' },
  copyTo: { method: 'PUT', path: '/v1/vcs/:vc/nodes/:node:copy', verb: 'exec' },
  copyFrom: { method: 'GET', path: '/v1/vcs/:vc/nodes/:node:copy', verb: 'exec' },
  sshAccess: { method: 'GET', path: '/v1/vcs/:vc/nodes/:node:ssh', verb: 'exec' },
  listContainers: { method: 'GET', path: '/v1/vcs/:vc/nodes/:node/containers', verb: 'read' },
  runContainers: { method: 'POST', path: '/v1/vcs/:vc/nodes/:node/containers', verb: 'exec' },
  removeContainer: { method: 'DELETE', path: '/v1/vcs/:vc/nodes/:node/containers/:container', verb: 'exec' },
  containerLogs: { method: 'GET', path: '/v1/vcs/:vc/nodes/:node/containers/:container/logs', verb: 'read' },
  readExec: { method: 'GET', path: '/v1/execs/:exec', verb: 'exec' },
  cancelExec: { method: 'POST', path: '/v1/execs/:exec:cancel', verb: 'exec' },
  listOperations: { method: 'GET', path: '/v1/operations', verb: 'read' },
  getOperation: { method: 'GET', path: '/v1/operations/:operation', verb: 'read' },
  cancelOperation: { method: 'POST', path: '/v1/operations/:operation:cancel', verb: 'change' },
  delivered: { method: 'POST', path: '/v1/operations/:operation:delivered', verb: 'read' },
  events: { method: 'GET', path: '/v1/events', verb: 'read' },
  listEvents: { method: 'GET', path: '/v1/events:list', verb: 'read' },
  listProviders: { method: 'GET', path: '/v1/providers', verb: 'read' },
  getProvider: { method: 'GET', path: '/v1/providers/:provider', verb: 'read' },
  shutdown: { method: 'POST', path: '/v1/controller:stop', verb: 'admin' }
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;
