import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { isPresent, type Node, type NodeAddress } from '../domain/index.js';
import type { OperationRun } from './operation-run.js';

/** Characters of output that an error carries. */
const OUTPUT_KEPT = 4000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;
/** One `ready` command must not hang for ever. */
const ONE_CHECK_MS = 60_000;

/**
 * Comes by standard input into a file, because an argument has an upper length and a script may name its own
 * interpreter in its first line; without one the shell reads it.
 */
const RUN_SCRIPT = 'f=$(mktemp /tmp/vcp-hook.XXXXXX) || exit 126; cat > "$f"; chmod 700 "$f"; "$f" < /dev/null; code=$?; rm -f "$f"; exit "$code"';

/** Variables that hooks and `ready` see. */
export async function hookEnvironment(run: OperationRun, node: Node): Promise<Readonly<Record<string, string>>> {
  const nodes = await run.context.store.read(reader => reader.nodes(node.vcId));
  const unit = nodes.filter(other => other.unit === node.unit && isPresent(other));
  return {
    VCP_VC: run.operation.vc, VCP_UNIT: node.unit, VCP_NODE: node.name, VCP_NODE_NUMBER: String(node.number),
    VCP_ADDRESS: node.address, VCP_NODES: unit.map(other => other.address).join(' ')
  };
}

export interface HookOptions {
  /** The same id is never run twice on a node: who asks again gets the first run's end. */
  readonly id: string;
  readonly hook: 'onJoin' | 'onLeave';
  readonly script: string;
  readonly node: Node;
  readonly address: NodeAddress;
}

/** @throws VcpError command_failed with the last output; timed_out; node_unreachable. */
export async function runHook(run: OperationRun, options: HookOptions): Promise<void> {
  const { hook, node } = options;
  const end = await execute(run, options.address, {
    id: options.id, command: RUN_SCRIPT, stdin: options.script, env: await hookEnvironment(run, node), timeoutMs: run.context.settings.hookMs
  });
  if (end.outcome === 'exited' && end.code === 0) return;
  const how = end.outcome === 'timed-out' ? `took longer than ${Math.round(run.context.settings.hookMs / 60_000)} minutes` : end.outcome === 'exited' ? `ended with exit code ${end.code}` : `ended as ${end.outcome}`;
  throw new VcpError(end.outcome === 'timed-out' ? 'timed_out' : 'command_failed', `${hook} of ${node.name} ${how}${lastLine(end.output)}`, {
    hint: hook === 'onLeave'
      ? `${node.name} stays. Mend what holds it and remove it again, or take onLeave out of unit ${node.unit} first.`
      : `Mend the script and apply again: ${node.name} is then made anew.`,
    details: { node: node.name, exitCode: end.code, output: end.output }
  });
}

/** Asks `ready` until it says yes. @throws VcpError timed_out with the last output; node_unreachable. */
export async function untilReady(run: OperationRun, node: Node, address: NodeAddress, command: string): Promise<void> {
  const { clock, settings, ids } = run.context;
  const began = clock.now();
  const env = await hookEnvironment(run, node);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const left = settings.readyMs - (clock.now() - began);
    const end = await execute(run, address, { id: ids.next('ex'), command, env, timeoutMs: Math.max(1000, Math.min(ONE_CHECK_MS, left)) });
    if (end.outcome === 'exited' && end.code === 0) return;
    if (clock.now() - began + pause >= settings.readyMs) {
      throw new VcpError('timed_out', `${node.name} was not ready after ${Math.round(settings.readyMs / 60_000)} minutes${lastLine(end.output)}`, {
        hint: `Look at the command “ready” of unit ${node.unit} on the node, then apply again.`, details: { node: node.name, exitCode: end.code, output: end.output }
      });
    }
    await clock.sleep(pause, run.signal);
    run.signal.throwIfAborted();
  }
}

interface End { readonly outcome: 'exited' | 'timed-out' | 'cancelled' | 'unknown'; readonly code: number | null; readonly output: string }

async function execute(run: OperationRun, address: NodeAddress, spec: { readonly id: string; readonly command: string; readonly env: Readonly<Record<string, string>>; readonly stdin?: string; readonly timeoutMs: number }): Promise<End> {
  let output = '';
  for await (const event of run.context.shell.exec(address, spec, run.signal)) {
    if (event.type === 'stdout' || event.type === 'stderr') output = (output + event.data).slice(-OUTPUT_KEPT);
    if (event.type === 'exit') {
      // The connection, not the command, ended: asked again, the node tells the rest.
      if (event.outcome === 'unknown') throw new VcpError('node_unreachable', `${address.name} was lost while a command ran on it.`, { details: { output } });
      return { outcome: event.outcome, code: event.code, output };
    }
  }
  throw new VcpError('node_unreachable', `${address.name} ended the connection while a command ran on it.`, { details: { output } });
}

function lastLine(output: string): string {
  const line = output.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '.' : `: ${line.slice(0, 200)}`;
}
