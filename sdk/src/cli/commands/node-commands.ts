import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { VcpError, isVcpError, type NodeView, type SshAccess } from '../../wire/index.js';
import { VcpSDK, type ExecResult, type VcNode } from '../../client/index.js';
import { UsageError, type Command, type Context } from '../command.js';
import { mapAtMost, nodesOfTarget } from '../name-words.js';

const MOST_AT_ONCE = 32;

async function sdkNodes(context: Context, views: readonly NodeView[]): Promise<readonly VcNode[]> {
  const client = await context.client();
  const byVc = new Map<string, Promise<readonly VcNode[]>>();
  for (const view of views) if (!byVc.has(view.vc)) byVc.set(view.vc, new VcpSDK({ client, name: view.vc }).nodes(undefined, { signal: context.signal }));
  const found = new Map((await Promise.all(byVc.values())).flat().map(node => [node.id, node]));
  return views.flatMap(view => found.get(view.id) ?? []);
}

export const execCommand: Command = {
  name: 'exec', words: 'TARGET -- CMD', summary: 'run a command on nodes, all at once; equal outputs are shown once',
  options: {
    container: { value: 'NAME', summary: 'run in an application container' }, env: { value: 'NAME=VALUE', short: 'e', multiple: true, summary: 'set a variable' },
    timeout: { value: 'SECONDS', summary: 'end the command after this time' }, stdin: { summary: 'give it the standard input of this command' }, cwd: { value: 'FOLDER', summary: 'folder to run in' }
  },
  examples: ['vcp exec genome/compute -- hostname', 'vcp exec "genome/compute-[1-3]" -- "df -h / | tail -1"'],
  async run(invocation, context) {
    const client = await context.client();
    const nodes = await sdkNodes(context, await nodesOfTarget(client, invocation.words[0]!, context.signal));
    const timeout = invocation.number('timeout');
    const options = {
      env: variables(invocation.texts('env')), container: invocation.text('container'), cwd: invocation.text('cwd'), signal: context.signal,
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }), ...(invocation.flag('stdin') ? { stdin: await text(process.stdin) } : {})
    };
    // One word is a line for the shell, several are the command itself.
    const command = invocation.rest.length === 1 ? invocation.rest[0]! : invocation.rest;
    const live = nodes.length === 1 && !context.json ? { onOutput: (stream: 'stdout' | 'stderr', data: string) => (stream === 'stdout' ? context.terminal.out(data) : context.terminal.err(data)) } : {};
    const results = await mapAtMost(nodes, MOST_AT_ONCE, node => node.exec(command, { ...options, ...live }).catch((error: unknown) => noAnswer(node, nodes.length, error)));
    if (context.json) context.print(results, '');
    else if (nodes.length > 1) context.terminal.out(`${folded(results)}\n`);
    return exitCodeOf(results, context);
  }
};

/** Of several nodes, one that does not answer must not hide what the others said. */
function noAnswer(node: VcNode, of: number, error: unknown): ExecResult {
  if (of === 1 || !isVcpError(error) || error.code !== 'node_unreachable') throw error;
  return { node: node.name, exec: '', stdout: '', stderr: error.message, code: null, timedOut: false, outcome: 'unknown', durationMs: 0 };
}

function variables(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(words.map(word => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(word);
    if (match === null) throw new UsageError(`“${word}” does not set a variable`, 'Write --env NAME=VALUE');
    return [match[1]!, match[2]!];
  }));
}

/** Nodes that said the same are shown together; those that failed come last, where they are seen. */
export function folded(results: readonly ExecResult[]): string {
  const groups = new Map<string, ExecResult[]>();
  for (const result of results) {
    const key = JSON.stringify([result.stdout, result.stderr, result.code, result.outcome]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const sorted = [...groups.values()].sort((a, b) => Number(failed(a[0]!)) - Number(failed(b[0]!)));
  return sorted.map(group => {
    const first = group[0]!;
    const names = group.map(result => result.node).join(', ');
    const how = failed(first) ? ` ✖ ${ending(first)}` : '';
    return [`── ${names}${group.length > 1 ? ` (${group.length} nodes said the same)` : ''}${how}`, ...[first.stdout, first.stderr].map(output => output.trimEnd()).filter(output => output !== '')].join('\n');
  }).join('\n');
}

function failed(result: ExecResult): boolean {
  return result.code !== 0;
}

function ending(result: ExecResult): string {
  if (result.exec === '') return 'no answer';
  if (result.outcome === 'unknown') return 'outcome unknown';
  if (result.timedOut) return 'timed out';
  return result.code === null ? `ended by ${result.signal ?? 'a signal'}` : `exit code ${result.code}`;
}

function exitCodeOf(results: readonly ExecResult[], context: Context): number {
  const bad = results.filter(failed);
  if (bad.length === 0) return 0;
  if (results.length > 1 || bad[0]!.code === null) context.terminal.err(`✖ ${bad.length} of ${results.length} nodes failed: ${bad.map(result => `${result.node} (${ending(result)})`).join(', ')}\n`);
  if (bad.some(result => result.outcome === 'unknown' && result.exec !== '')) return 3;
  return results.length === 1 ? bad[0]!.code ?? 1 : 1;
}

export const copyCommand: Command = {
  name: 'cp', words: 'SRC DST', summary: 'copy files: to nodes (TARGET:/path) or from them', examples: ['vcp cp ./data genome/compute:/srv/', 'vcp cp genome/head-1:/var/log/syslog ./logs/'],
  async run(invocation, context) {
    const [source, destination] = [remote(invocation.words[0]!), remote(invocation.words[1]!)];
    if ((source === undefined) === (destination === undefined)) throw new UsageError('one of the two has to be on a node', 'Write a node as VC/NODE:/path, for example genome/compute-1:/srv/');
    const client = await context.client();
    const nodes = await sdkNodes(context, await nodesOfTarget(client, (source ?? destination)!.target, context.signal));
    if (destination !== undefined) {
      await mapAtMost(nodes, MOST_AT_ONCE, node => node.copyTo(invocation.words[0]!, destination.path, { signal: context.signal }));
      context.print(nodes.map(node => ({ node: node.name, path: destination.path })), `copied ${invocation.words[0]!} to ${nodes.map(node => node.name).join(', ')}`);
      return 0;
    }
    // From several nodes: a folder for each, so that none overwrites the other.
    const into = invocation.words[1]!;
    const made = await mapAtMost(nodes, MOST_AT_ONCE, node => node.copyFrom(source!.path, nodes.length === 1 ? into : `${join(into, node.name)}/`, { signal: context.signal }));
    context.print(made, `copied to ${made.join(', ')}`);
    return 0;
  }
};

function remote(word: string): { readonly target: string; readonly path: string } | undefined {
  if (existsSync(word)) return undefined;
  const match = /^([a-z*][a-z0-9*/,[\]-]*):(\/.*)$/.exec(word);
  return match === null ? undefined : { target: match[1]!, path: match[2]! };
}

export const sshCommand: Command = {
  name: 'ssh', words: 'NODE -- [CMD]', summary: 'open a shell on a node with your own ssh', examples: ['vcp ssh genome/head-1'],
  async run(invocation, context) {
    const client = await context.client();
    const nodes = await nodesOfTarget(client, invocation.words[0]!, context.signal);
    if (nodes.length !== 1) throw new UsageError(`“${invocation.words[0]!}” names ${nodes.length} nodes`, `Name one: ${nodes.slice(0, 3).map(node => `${node.vc}/${node.name}`).join(', ')}`);
    const access = await client.sshAccess(nodes[0]!.vc, nodes[0]!.name, { signal: context.signal });
    const folder = await mkdtemp(join(tmpdir(), 'vcp-ssh-'));
    try {
      await writeFile(join(folder, 'known_hosts'), knownHosts(access), { mode: 0o600 });
      await writeFile(join(folder, 'config'), sshConfig(access, join(folder, 'known_hosts')), { mode: 0o600 });
      return await runSsh(['-F', join(folder, 'config'), 'vcp-node', ...invocation.rest]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
};

function runSsh(args: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn('ssh', args, { stdio: 'inherit' });
    // Ctrl-C belongs to the shell on the node.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    child.once('error', (error: NodeJS.ErrnoException) => fail(error.code === 'ENOENT' ? new VcpError('not_supported', 'There is no ssh on this machine.', { hint: 'Install it (Debian: apt-get install openssh-client), or use: vcp exec', cause: error }) : error));
    child.once('close', code => {
      process.off('SIGINT', ignore);
      done(code ?? 1);
    });
  });
}

/** Host keys are known from the node's creation: nothing is trusted on first use. */
export function knownHosts(access: SshAccess): string {
  const line = (host: { readonly host: string; readonly port: number; readonly hostKey: string }): string => `${host.port === 22 ? host.host : `[${host.host}]:${host.port}`} ${host.hostKey}\n`;
  return line(access) + (access.jump === undefined ? '' : line(access.jump));
}

export function sshConfig(access: SshAccess, knownHostsFile: string): string {
  const block = (name: string, host: { readonly host: string; readonly port: number; readonly user: string }, jump: boolean): string => [
    `Host ${name}`, `HostName ${host.host}`, `Port ${host.port}`, `User ${host.user}`, `IdentityFile "${access.identityFile}"`, 'IdentitiesOnly yes',
    `UserKnownHostsFile "${knownHostsFile}"`, 'GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes', ...(jump ? ['ProxyJump vcp-gateway'] : [])
  ].join('\n  ');
  return `${block('vcp-node', access, access.jump !== undefined)}\n${access.jump === undefined ? '' : `${block('vcp-gateway', access.jump, false)}\n`}`;
}

