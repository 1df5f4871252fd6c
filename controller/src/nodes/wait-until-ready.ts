import { isVcpError, VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { NodeAddress } from '../domain/index.js';
import type { ConnectionPool } from './connection-pool.js';
import type { NodeConnection } from './node-connection.js';
import { ENGINE_SOCKET, NodeEngine } from './node-engine.js';
import { abortError, isHostKeyMismatch, pause, throwIfAborted } from './node-errors.js';

const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 200;
/** The first packets to a machine that is just coming up are lost and come again only after a second: rather ask anew. */
const FIRST_CONNECT_TIMEOUT_MS = 250;
const LONGEST_CONNECT_TIMEOUT_MS = 5_000;

/**
 * Waits until sshd and then the nested engine answer. Bounded by `signal` alone.
 * @throws timed_out or cancelled (by the signal's reason, with what was seen last), node_unreachable for another host key.
 */
export async function waitUntilReady(pool: ConnectionPool, node: NodeAddress, signal: AbortSignal): Promise<void> {
  const what = `Waiting for node ${node.name}`;
  let last: unknown;
  let connectTimeoutMs = FIRST_CONNECT_TIMEOUT_MS;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.3, LONGEST_PAUSE_MS)) {
    throwIfAborted(signal, what, last);
    const began = performance.now();
    try {
      const connection = await pool.connect(node, signal, connectTimeoutMs);
      await engineAnswers(connection, signal);
      // The first command finds its helper running; nobody waits for it here.
      connection.helper().catch(() => undefined);
      return;
    } catch (error) {
      if (signal.aborted) throw abortError(signal, what, last ?? error);
      if (isHostKeyMismatch(error) || (isVcpError(error) && error.code === 'invalid_request')) throw error;
      last = error;
      // Silence, not refusal: the network may be slower than we thought.
      if (performance.now() - began >= connectTimeoutMs) connectTimeoutMs = Math.min(connectTimeoutMs * 2, LONGEST_CONNECT_TIMEOUT_MS);
    }
    await pause(wait, signal);
  }
}

/** The engine takes connections before it can answer, so this mostly waits inside one request. */
async function engineAnswers(connection: NodeConnection, signal: AbortSignal): Promise<void> {
  const engine = new NodeEngine(connection);
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 1.2, LONGEST_PAUSE_MS)) {
    try {
      await engine.call('/_ping', { what: 'Asking the Docker engine', signal });
      return;
    } catch (error) {
      if (signal.aborted || !connection.alive) throw error;
      if (isVcpError(error) && error.code === 'node_unreachable') throw error;
      if (isVcpError(error) && /administratively prohibited/.test(error.message)) {
        throw new VcpError('invalid_request', `Node ${connection.name} does not forward ${ENGINE_SOCKET}.`, { hint: 'Its sshd has to allow stream-local forwarding.', cause: error });
      }
    }
    await pause(wait, signal);
  }
}
