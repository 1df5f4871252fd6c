import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Actor } from '../../src/domain/index.js';
import { buildHttp, type HttpParts } from '../../src/http/index.js';
import { RecordingServices } from './recording-services.js';

export interface TestHttp { readonly app: FastifyInstance; readonly services: RecordingServices; readonly logged: string[]; stops: number; actor: Actor }

/** The REST API over recording services, not listening. */
export async function testHttp(changes: Partial<HttpParts> = {}): Promise<TestHttp> {
  const services = new RecordingServices();
  const logged: string[] = [];
  const state: { app: FastifyInstance; stops: number; actor: Actor } = { app: undefined as unknown as FastifyInstance, stops: 0, actor: { user: 'ada', project: 'default', role: 'administrator' } };
  const app = await buildHttp({
    cloud: services.cloud, nodeWork: services.nodeWork, onEvents: listener => services.onEvents(listener),
    authenticate: headers => {
      if (headers['x-nobody'] !== undefined) throw new VcpError('unauthenticated', 'Who are you?');
      return state.actor;
    },
    identity: { product: 'jupyterlab-vcp', version: '0.1.0', api: 1, installation: 'in-1', home: '/h', pid: 42, startedAt: '2026-11-24T00:00:00.000Z' },
    readiness: async () => ({ ready: true, problems: [] }),
    statistics: async () => ({ operationsByState: { running: 1 }, nodesByState: { running: 2 }, commits: { count: 3, sumMs: 6, maxMs: 4 } }),
    stop: () => { state.stops += 1; },
    logger: pino({ level: 'debug' }, { write: line => { logged.push(line); } }), clock: { now: () => 0 }, ...changes
  });
  return Object.assign(state, { app, services, logged });
}
