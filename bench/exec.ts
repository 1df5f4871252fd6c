import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VcpSDK, waitForOperation } from '@jupyterlab-vcp/sdk';
import { RealController } from '../controller/testing/real-controller.js';
import { median, row, timed, type Row } from './row.js';

const run = promisify(execFile);
const CALLS = 100;
const CALLS_A_TURN = 10;

/** Commands on nodes, against `ssh` with a kept connection (ControlMaster). */
export async function execBench(samples: number): Promise<readonly Row[]> {
  const controller = await RealController.create();
  const folder = await mkdtemp(join(tmpdir(), 'vcp-bench-'));
  try {
    const { client } = controller;
    const { operation } = await client.applyVc('bench-exec', { document: { name: 'bench-exec', units: [{ name: 'node', provider: 'local', flavor: 'small', count: 3 }] } });
    await waitForOperation(client, operation.id);
    const vc = new VcpSDK({ name: 'bench-exec', client });
    const nodes = await vc.nodes();
    const ssh = await masters(folder, await Promise.all(nodes.map(node => client.sshAccess('bench-exec', node.name))));
    const mine: number[] = [];
    const others: number[] = [];
    // In turns of ten: each side is measured warm, and both see the same machine.
    for (let turn = 0; turn < samples; turn += 1) {
      for (let call = 0; call < CALLS_A_TURN; call += 1) mine.push(await timed(() => nodes[0]!.exec('true')));
      for (let call = 0; call < CALLS_A_TURN; call += 1) others.push(await timed(() => run('ssh', ssh[0]!)));
    }
    const many: number[] = [];
    const manyOthers: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      many.push(await timed(() => Promise.all(Array.from({ length: CALLS }, (_, index) => nodes[index % 3]!.exec('true')))));
      manyOthers.push(await timed(() => Promise.all(Array.from({ length: CALLS }, (_, index) => run('ssh', ssh[index % 3]!)))));
    }
    return [
      row('node.exec("true"), warm', 'ms', median(mine), median(others), 'ssh with ControlMaster', { kind: 'ratio', most: 1 }),
      row('100 execs over 3 nodes', 'ms', median(many), median(manyOthers), '100 such ssh calls at once', { kind: 'ratio', most: 1 })
    ];
  } finally {
    await controller.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Argument lists of `ssh … true` over a connection that is already open. */
async function masters(folder: string, accesses: readonly { readonly host: string; readonly user: string; readonly identityFile: string; readonly hostKey: string }[]): Promise<readonly string[][]> {
  const known = join(folder, 'known_hosts');
  await writeFile(known, accesses.map(access => `${access.host} ${access.hostKey}\n`).join(''));
  return Promise.all(accesses.map(async (access, index) => {
    const options = ['-F', 'none', '-o', `UserKnownHostsFile=${known}`, '-o', `ControlPath=${join(folder, `m${index}`)}`, '-i', access.identityFile, `${access.user}@${access.host}`];
    await run('ssh', ['-o', 'ControlMaster=yes', '-o', 'ControlPersist=300', '-f', '-N', ...options]);
    return [...options, 'true'];
  }));
}
