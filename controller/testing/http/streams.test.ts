import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VcpError, type VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import { testHttp, type TestHttp } from './test-http.js';

let http: TestHttp;
let socketPath: string;
let folder: string;
const open: IncomingMessage[] = [];

async function listen(changes: Parameters<typeof testHttp>[0] = {}): Promise<void> {
  http = await testHttp(changes);
  socketPath = join(folder, `s${open.length}.sock`);
  await http.app.listen({ path: socketPath });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-http-'));
  await listen();
});
afterEach(async () => {
  for (const response of open.splice(0)) response.destroy();
  await http.app.close();
  rmSync(folder, { recursive: true });
});

/** A reader of an event stream that can be waited on. */
class Reader {
  readonly response: IncomingMessage;
  text = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (piece: string) => { this.text += piece; });
    response.on('error', () => undefined);
    open.push(response);
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await once(this.response, 'data');
  }

  get events(): readonly VcpEvent[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(match => JSON.parse(match[1]!) as VcpEvent);
  }
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reader> {
  const outgoing = request({ socketPath, path, headers }).end();
  const [response] = await once(outgoing, 'response') as [IncomingMessage];
  return new Reader(response);
}

describe('GET /v1/events', () => {
  it('begins with what happens from now on, and says from where', async () => {
    http.services.commit({ vc: 'genome' }, { vc: 'genome' });
    const reader = await get('/v1/events');
    expect(reader.response.headers['content-type']).toBe('text/event-stream');
    await reader.until(/id: 2\n\n/);
    http.services.commit({ type: 'vc.changed', vc: 'genome', data: { name: '秋' } });
    await reader.until(/data: /);
    expect(reader.text).toContain('id: 3\nevent: vc.changed\n');
    expect(reader.events).toEqual([expect.objectContaining({ seq: 3, data: { name: '秋' } })]);
  });

  it('goes on exactly where a reader was, by header or query', async () => {
    http.services.commit(...Array.from({ length: 450 }, () => ({})));
    for (const reader of [await get('/v1/events', { 'last-event-id': '3' }), await get('/v1/events?after=3')]) {
      await reader.until(/id: 450\n/);
      expect(reader.events.map(event => event.seq)).toEqual(Array.from({ length: 447 }, (_, index) => index + 4));
    }
  });

  it('shows only what was asked for', async () => {
    const reader = await get('/v1/events?vc=genome&operation=op-2&after=0');
    await reader.until(/id: 0\n\n/);
    http.services.commit({ vc: 'other', operation: 'op-2' }, { vc: 'genome', operation: 'op-1' });
    http.services.commit({ vc: 'genome', operation: 'op-2' });
    await reader.until(/data: /);
    expect(reader.events.map(event => event.seq)).toEqual([3]);
  });

  it('tells a reader to begin anew when its place is no longer held', async () => {
    http.services.commit({}, {}, {}, {}, {});
    http.services.oldest = 4;
    const reader = await get('/v1/events', { 'last-event-id': '1' });
    await reader.until(/event: reset\n/);
    http.services.commit({});
    await reader.until(/id: 6\n/);
    expect(reader.events.map(event => [event.seq, event.type])).toEqual([[5, 'reset'], [6, 'operation.changed']]);
  });

  it('shows signs of life', async () => {
    await http.app.close();
    await listen({ heartbeatMs: 5 });
    await (await get('/v1/events')).until(/: alive\n\n: alive\n\n/);
  });

  it('refuses as an ordinary problem', async () => {
    http.services.failure = new VcpError('not_found', 'no');
    const reader = await get('/v1/events?vc=nothing');
    expect([reader.response.statusCode, reader.response.headers['content-type']]).toEqual([404, 'application/problem+json']);
  });

  it('forgets readers that leave, and ends when the controller does', async () => {
    const readers = [await get('/v1/events'), await get('/v1/events')];
    const count = async (): Promise<string> => /vcp_event_readers (\d+)/.exec((await http.app.inject('/metrics')).body)![1]!;
    for (const reader of readers) await reader.until(/id: 0/);
    expect(await count()).toBe('2');
    readers[0]!.response.destroy();
    await expect.poll(count).toBe('1');
    const ended = once(readers[1]!.response, 'end');
    await http.app.close();
    await ended;
    expect(http.services.isListened).toBe(false);
  });

  it('begins no stream for a reader that left before its answer', async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>(reached => {
      vi.spyOn(http.services.cloud, 'listEvents').mockImplementation(async () => {
        reached();
        await new Promise<void>(resolve => { answer = resolve; });
        return { events: [], newest: 0, reset: false };
      });
    });
    const closed = new Promise<void>(resolve => http.app.server.once('connection', socket => socket.once('close', () => resolve())));
    const outgoing = request({ socketPath, path: '/v1/events' }).end();
    outgoing.on('error', () => undefined);
    await asked;
    outgoing.destroy();
    await closed;
    answer();
    await new Promise(resolve => setImmediate(resolve));
    expect((await http.app.inject('/metrics')).body).toContain('vcp_event_readers 0\n');
  });

  it('drops a reader that does not read', async () => {
    await http.app.close();
    await listen({ slowReaderMs: 20 });
    const outgoing = request({ socketPath, path: '/v1/events?after=0' }).end();
    const [response] = await once(outgoing, 'response') as [IncomingMessage];
    response.on('error', () => undefined).pause();
    http.services.commit(...Array.from({ length: 200 }, () => ({ data: { filler: 'x'.repeat(20_000) } })));
    await expect.poll(async () => /vcp_event_readers (\d+)/.exec((await http.app.inject('/metrics')).body)![1]).toBe('0');
    response.destroy();
  });
});

function post(path: string, body: object): ReturnType<typeof request> {
  const text = JSON.stringify(body);
  return request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }).end(text);
}

describe('POST …:exec', () => {
  const path = '/v1/vcs/genome/nodes/compute-1:exec';

  it('streams one JSON object a line', async () => {
    const response = await http.app.inject({ method: 'POST', url: path, payload: { command: 'true' } });
    expect(response.headers['content-type']).toBe('application/x-ndjson');
    expect(response.body.trim().split('\n').map(line => JSON.parse(line) as unknown)).toEqual([
      { type: 'started', exec: 'ex-1', node: 'compute-1' }, { type: 'stdout', data: 'héllo\n', offset: 0 }, { type: 'exit', code: 0, timedOut: false, outcome: 'exited', durationMs: 3 }
    ]);
  });

  it('answers a problem when nothing began, and an error line when it broke later', async () => {
    http.services.failure = new VcpError('node_unreachable', 'gone');
    expect((await http.app.inject({ method: 'POST', url: path, payload: { command: 'true' } })).statusCode).toBe(503);
    http.services.failure = undefined;
    http.services.execEvents = async function* () {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      throw new VcpError('node_unreachable', 'gone', { hint: 'wait' });
    };
    const lines = (await http.app.inject({ method: 'POST', url: path, payload: { command: 'true' } })).body.trim().split('\n');
    expect(JSON.parse(lines[1]!)).toEqual({ type: 'error', error: { code: 'node_unreachable', message: 'gone', hint: 'wait' } });
  });

  it.each([['', []], ['?onclose=leave', []], ['?onclose=cancel', ['ex-1']]])('when its request %s is closed, cancels %j', async (query, cancelled) => {
    const left = new Promise<void>(resolve => {
      http.services.execEvents = async function* (signal) {
        yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
        yield { type: 'stdout', data: 'x', offset: 0 };
        await once(signal, 'abort');
        resolve();
      };
    });
    const outgoing = post(path + query, { command: 'sleep 100' });
    outgoing.on('error', () => undefined);
    const [response] = await once(outgoing, 'response') as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'data');
    response.destroy();
    await left;
    await expect.poll(() => http.services.calls.filter(call => call.method === 'cancelExec').map(call => call.args[0])).toEqual(cancelled);
  });

  it('cancels a command whose reader left before the answer began', async () => {
    const asked = new Promise<void>(reached => {
      http.services.execEvents = async function* (signal) {
        reached();
        await once(signal, 'abort');
        yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
        yield { type: 'stdout', data: 'x', offset: 0 };
      };
    });
    const outgoing = post(`${path}?onclose=cancel`, { command: 'sleep 100' });
    outgoing.on('error', () => undefined);
    await asked;
    outgoing.destroy();
    await expect.poll(() => http.services.calls.filter(call => call.method === 'cancelExec').map(call => call.args[0])).toEqual(['ex-1']);
  });
});
