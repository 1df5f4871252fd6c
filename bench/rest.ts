import { performance } from 'node:perf_hooks';
import { waitForOperation } from '@jupyterlab-vcp/sdk';
import { RealController } from '../controller/testing/real-controller.js';
import { openStore } from '../controller/src/store/index.js';
import type { Node } from '../controller/src/domain/index.js';
import { percentile, row, type Row } from './row.js';

const NODES = 500;

/** How long reading takes while something is being made, and a page of 500 nodes. */
export async function restBench(samples: number): Promise<readonly Row[]> {
  const controller = await RealController.create();
  try {
    const { client } = controller;
    const reads: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const vc = `bench-rest-s${sample}`;
      const { operation } = await client.applyVc(vc, { document: { name: vc, units: [{ name: 'node', provider: 'local', flavor: 'small', count: 2 }] } });
      let running = true;
      const ended = waitForOperation(client, operation.id).finally(() => { running = false; });
      while (running) {
        for (const read of [() => client.getVc(vc), () => client.listNodes(vc), () => client.getOperation(operation.id)]) {
          const started = performance.now();
          await read();
          reads.push(performance.now() - started);
        }
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      await ended;
      const deleted = await client.deleteVc(vc, vc);
      await waitForOperation(client, deleted.operation.id);
    }
    return [row('REST reads during an apply, p99', 'ms', percentile(reads, 0.99), null, `${reads.length} reads`, { kind: 'below', most: 10 }), await pageOf500(controller)];
  } finally {
    await controller.dispose();
  }
}

async function pageOf500(controller: RealController): Promise<Row> {
  await controller.stop();
  await fill(controller.home);
  await controller.start();
  const times: number[] = [];
  for (let sample = 0; sample < 600; sample += 1) {
    const started = performance.now();
    const page = await controller.client.listNodes('filled', { limit: NODES });
    times.push(performance.now() - started);
    if (page.items.length !== NODES) throw new Error(`${page.items.length} nodes came`);
  }
  return row('a page of 500 nodes, p99', 'ms', percentile(times.slice(100), 0.99), null, '500 reads', { kind: 'below', most: 10 });
}

/** A virtual cloud of 500 stopped nodes, written by the store itself: nothing on this machine could run them. */
async function fill(home: string): Promise<void> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const store = await openStore({ folder: home, clock: { now: () => Date.now() }, log: silent });
  const owned = { owner: 'bench', project: 'default', actor: 'bench', origin: {} };
  const now = Date.now();
  const unit = { name: 'node', provider: 'local', flavor: 'small' as const, count: NODES };
  await store.transaction(async tx => {
    await tx.putVc({ ...owned, id: 'vc-filled000000', name: 'filled', revision: 1, document: { version: 1, name: 'filled', units: [unit] }, cidr: '10.127.192.0/18', state: 'stopped', createdAt: now, changedAt: now });
    await tx.putNetwork({ ...owned, id: 'nt-filled000000', vcId: 'vc-filled000000', provider: 'local', region: 'one', cidr: '10.127.192.0/22', state: 'wanted' });
    for (let number = 1; number <= NODES; number += 1) {
      const node: Node = {
        ...owned, id: `nd-filled${String(number).padStart(6, '0')}`, vcId: 'vc-filled000000', unit: 'node', number, name: `node-${number}`, networkId: 'nt-filled000000', provider: 'local', region: 'one',
        spec: { flavor: 'small', size: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null }, override: {}, publicKeys: [], digest: 'x' }, wanted: 'present', state: 'stopped', address: `10.127.${192 + (number >> 8)}.${number & 255}`, createdAt: now, apps: []
      };
      await tx.putNode(node);
    }
  });
  await store.close();
}
