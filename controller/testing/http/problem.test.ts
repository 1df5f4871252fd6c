import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ERROR_CODES, VcpError } from '@jupyterlab-vcp/sdk/wire';
import { DOCUMENT } from './recording-services.js';
import { testHttp, type TestHttp } from './test-http.js';
import { STATUS_OF } from '../../src/http/problem.js';

let http: TestHttp;
beforeEach(async () => { http = await testHttp(); });
afterEach(() => http.app.close());

const apply = (document: unknown, more: object = {}) => http.app.inject({ method: 'POST', url: '/v1/vcs/genome:apply', payload: { document, ...more } });

describe('problems', () => {
  it.each(ERROR_CODES)('carry %s with its status and everything that it says', async code => {
    http.services.failure = new VcpError(code, 'what failed', { hint: 'do this', at: [{ path: 'units.0', message: 'here' }], operation: 'op-9', details: { plan: 1 } });
    const response = await http.app.inject('/v1/vcs/genome');
    expect(response.statusCode).toBe(STATUS_OF[code]);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ type: `urn:jupyterlab-vcp:${code}`, status: STATUS_OF[code], code, detail: 'what failed', hint: 'do this', at: [{ path: 'units.0', message: 'here' }], operation: 'op-9', details: { plan: 1 } });
  });

  it('have the statuses that docs/errors.md names', () => {
    const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const explained = [...text.matchAll(/^\|\s*`([a-z_]+)`\s*\|\s*(\d{3})\s*\|/gm)].map(([, code, status]) => [code, Number(status)]);
    expect(Object.fromEntries(explained)).toEqual(STATUS_OF);
  });

  it('tell a reader nothing about an inner error but where its log line is', async () => {
    http.services.failure = new TypeError('password=hunter2 is not a function');
    const response = await http.app.inject('/v1/vcs/genome');
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('hunter2');
    const { details } = response.json() as { details: { request: string } };
    expect(http.logged.join('')).toContain(details.request);
  });

  it('answer unknown routes, media types and bodies as problems too', async () => {
    const answers = [
      [await http.app.inject('/v1/nothing'), 404, 'not_found'],
      [await http.app.inject({ method: 'POST', url: '/v1/vcs', payload: '{"a":', headers: { 'content-type': 'application/json' } }), 400, 'invalid_request'],
      [await http.app.inject({ method: 'POST', url: '/v1/vcs', payload: 'name: x', headers: { 'content-type': 'text/yaml' } }), 400, 'invalid_request'],
      [await http.app.inject({ method: 'POST', url: '/v1/vcs', payload: '', headers: { 'content-type': 'application/json' } }), 400, 'invalid_request'],
      [await http.app.inject({ method: 'POST', url: '/v1/vcs' }), 400, 'invalid_request'],
      [await http.app.inject('/v1/vcs?limit=501'), 400, 'invalid_request'],
      [await http.app.inject({ url: '/v1/vcs', headers: { 'x-nobody': '1' } }), 401, 'unauthenticated'],
      [await http.app.inject({ url: '/v1/vcs', headers: { 'x-vcp-origin': '{' } }), 400, 'invalid_request'],
      [await http.app.inject({ url: '/v1/vcs', headers: { 'idempotency-key': 'a b' } }), 400, 'invalid_request'],
      [await http.app.inject({ method: 'PUT', url: '/v1/vcs/genome/nodes/compute-1:copy?path=srv', payload: Buffer.from('x'), headers: { 'content-type': 'application/x-tar' } }), 400, 'invalid_request'],
      [await http.app.inject({ method: 'PUT', url: '/v1/vcs/genome/nodes/compute-1:copy?path=/srv', payload: {} }), 400, 'invalid_request']
    ] as const;
    for (const [response, status, code] of answers) {
      expect([response.statusCode, (response.json() as { code: string }).code], response.body).toEqual([status, code]);
      expect(response.headers['content-type']).toContain('application/problem+json');
    }
    expect(http.services.calls).toEqual([]);
  });

  it('refuse a body of more than 2 MiB, but not a long tar stream', async () => {
    const response = await apply({ ...DOCUMENT, description: 'x'.repeat(2 * 1_048_576) });
    expect([response.statusCode, (response.json() as { code: string }).code]).toEqual([413, 'too_large']);
    const copied = await http.app.inject({ method: 'PUT', url: '/v1/vcs/genome/nodes/compute-1:copy?path=/srv', payload: Buffer.alloc(5 * 1_048_576), headers: { 'content-type': 'application/x-tar' } });
    expect(copied.statusCode).toBe(204);
  });

  it('say what is wrong with a document in the words of the file reader', async () => {
    const unit = DOCUMENT.units[0]!;
    const cases: readonly (readonly [unknown, object])[] = [
      [{ ...DOCUMENT, units: [{ ...unit, flavour: 'x' }] }, { path: 'units.0.flavour', nearest: 'flavor' }],
      [{ ...DOCUMENT, units: [{ ...unit, count: 'two' }] }, { path: 'units.0.count' }],
      [{ ...DOCUMENT, units: [{ ...unit, flavor: 'smal' }] }, { path: 'units.0.flavor', nearest: 'small' }],
      [{ ...DOCUMENT, units: [unit, unit] }, { path: 'units.1.name' }],
      [{ ...DOCUMENT, disks: {} }, { path: 'disks', message: expect.stringContaining('not available in this version') }],
      [{ ...DOCUMENT, units: [{ ...unit, override: { apiKey: 'hunter2hunter2' } }] }, { path: 'units.0.override.apiKey', message: expect.stringContaining('secret://') }],
      [{ ...DOCUMENT, units: [{ ...unit, apps: { web: './web.yml' } }] }, { path: 'units.0.apps.web', message: expect.stringContaining('send its content') }],
      [{ ...DOCUMENT, units: [{ ...unit, onJoin: './join.sh' }] }, { path: 'units.0.onJoin', message: expect.stringContaining('send its content') }]
    ];
    for (const [document, place] of cases) {
      const response = await apply(document);
      expect(response.statusCode).toBe(400);
      expect((response.json() as { at: unknown[] }).at).toEqual([expect.objectContaining(place)]);
      expect(response.body).not.toContain('hunter2');
    }
    expect(http.services.calls).toEqual([]);
  });

  it('say what is wrong with a unit, a compose document and the rest of a body', async () => {
    const post = async (url: string, payload: object): Promise<unknown> => ((await http.app.inject({ method: 'POST', url, payload })).json() as { at: unknown }).at;
    expect(await post('/v1/vcs/genome/units', { unit: { name: 'a', provider: 'local', flavor: 'small' } })).toEqual([expect.objectContaining({ path: 'unit.name' })]);
    expect(await post('/v1/vcs/genome/nodes/compute-1/containers', { app: 'web', compose: { services: { main: { image: 'x', healthcheck: {} } } } })).toEqual([expect.objectContaining({ path: 'services.main.healthcheck' })]);
    expect(await post('/v1/vcs/genome/units/compute:scale', { cuont: 3, count: 3 })).toEqual([expect.objectContaining({ path: 'cuont', nearest: 'count' })]);
    expect(await post('/v1/vcs/genome/nodes/compute-1:exec', { command: '', env: { 'A-B': 'x' } })).toHaveLength(2);
  });

  it('write one log line an answer, without bodies, queries and headers', async () => {
    await http.app.inject({ method: 'POST', url: '/v1/vcs/genome/nodes/compute-1:exec?onclose=leave', payload: { command: 'true', env: { TOKEN: 'hunter2' } }, headers: { authorization: 'Bearer hunter2' } });
    const lines = http.logged.map(line => JSON.parse(line) as { msg: string });
    expect(lines.filter(line => line.msg === 'answered')).toEqual([expect.objectContaining({ method: 'POST', path: '/v1/vcs/genome/nodes/compute-1:exec', status: 200, user: 'ada' })]);
    expect(http.logged.join('')).not.toMatch(/hunter2|onclose/);
  });
});
