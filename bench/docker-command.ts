import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a person would type: the docker command. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await run('docker', [...args], { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
}

/** `first | second`, by a shell; rejects when either fails. */
export function pipeline(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${command}: ${String(code)}`))));
  });
}

/** The flags with which nodes are started, as docs/adr/0002 gives them. */
export function nodeFlags(name: string, network: string, address: string, authorizedKeys: string): readonly string[] {
  return ['run', '-d', '--init', '--name', name, '--hostname', name, '--network', network, '--ip', address, '--cgroupns', 'private', '--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE',
    '--security-opt', 'seccomp=unconfined', '--security-opt', 'systempaths=unconfined', '--security-opt', 'apparmor=unconfined', '--device-cgroup-rule', 'a *:* rwm',
    '-v', `${name}-store:/var/lib/docker`, '-e', `VCP_AUTHORIZED_KEYS=${authorizedKeys}`, '--memory', '1g', '--cpus', '1', 'vcp/base:latest'];
}

export async function removeByHand(names: readonly string[], network?: string): Promise<void> {
  if (names.length > 0) {
    await docker('rm', '-f', ...names);
    await docker('volume', 'rm', '-f', ...names.map(name => `${name}-store`));
  }
  if (network !== undefined) await docker('network', 'rm', network);
}
