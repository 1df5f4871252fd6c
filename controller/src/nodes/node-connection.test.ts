import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type ServerChannel } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame, FROM_NODE } from './helper-frames.js';
import { NodeConnection } from './node-connection.js';
import { runOnNode } from './run-on-node.js';

const hostPair = ssh2.utils.generateKeyPairSync('ed25519');
const userPair = ssh2.utils.generateKeyPairSync('ed25519');
const closing: (() => unknown)[] = [];
afterEach(() => { for (const close of closing.splice(0)) close(); });

/** An ssh server on this machine that gives each command to `answer`. */
async function connectTo(answer: (channel: ServerChannel, command: string) => void): Promise<NodeConnection> {
  const server = new ssh2.Server({ hostKeys: [hostPair.private] }, client => {
    client.on('error', () => undefined);
    client.on('authentication', attempt => attempt.accept());
    client.on('session', accept => accept().on('exec', (acceptExec, _reject, info) => answer(acceptExec(), info.command)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = await NodeConnection.open({ name: 'n-1', address: '127.0.0.1', port, hostKey: hostPair.public, privateKey: userPair.private, connectTimeoutMs: 2_000 });
  closing.push(() => connection.close(), () => server.close());
  return connection;
}

/** As sshd does it where the outputs of a command end before the command itself: end of file first, the code when there is one and nobody has closed the channel. */
async function endsLate(channel: ServerChannel, code: number): Promise<void> {
  channel.resume();
  await once(channel, 'end');
  channel.write('done');
  (channel as unknown as { eof(): void }).eof();
  const closed = once(channel, 'close').then(() => true);
  if (await Promise.race([closed, delay(100, false)])) return;
  // The server's side of ssh2 tells no code after its end of file; what goes over the wire is the same.
  const { _client: client, outgoing } = channel as unknown as { _client: { _protocol: { exitStatus(id: number, code: number): void } }; outgoing: { id: number } };
  client._protocol.exitStatus(outgoing.id, code);
  channel.close();
}

describe('NodeConnection', () => {
  it('waits for an exit code that comes after the end of the output', async () => {
    const connection = await connectTo((channel, command) => void endsLate(channel, command === 'good' ? 0 : 7));
    expect(await runOnNode(connection, 'good', { what: 'Trying' })).toBe('done');
    await expect(runOnNode(connection, 'bad', { what: 'Trying' })).rejects.toThrow('Trying failed: it ended with 7');
  });

  it('names the signal that ended a command of ours', async () => {
    const connection = await connectTo(channel => { channel.exit('KILL'); channel.end(); });
    await expect(runOnNode(connection, 'x', { what: 'Trying' })).rejects.toThrow('it ended with SIGKILL');
  });

  it('starts one helper for several callers, also after the last one died', async () => {
    const channels: ServerChannel[] = [];
    const connection = await connectTo(channel => {
      channels.push(channel);
      channel.resume();
      channel.write(encodeFrame(FROM_NODE.hello, 0, '1'));
    });
    const [first, same] = await Promise.all([connection.helper(), connection.helper()]);
    expect(same).toBe(first);
    channels[0]?.exit(1);
    channels[0]?.end();
    await expect.poll(() => first.closed).toBe(true);
    const [second, alsoSecond] = await Promise.all([connection.helper(), connection.helper()]);
    expect(second).not.toBe(first);
    expect(alsoSecond).toBe(second);
    expect(channels).toHaveLength(2);
  });
});
