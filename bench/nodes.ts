import { waitForOperation } from '@jupyterlab-vcp/sdk';
import { RealController } from '../controller/testing/real-controller.js';
import { docker, nodeFlags, removeByHand } from './docker-command.js';
import { median, row, timed, type Row } from './row.js';

/** 1 and 3 local nodes until the inner engine answers, against plain `docker run` of the same. */
export async function nodesBench(samples: number): Promise<readonly Row[]> {
  const controller = await RealController.create();
  try {
    await ours(controller, 1, 'warm-up');
    const rows: Row[] = [];
    for (const count of [1, 3]) {
      const mine: number[] = [];
      const others: number[] = [];
      for (let sample = 0; sample < samples; sample += 1) {
        mine.push(await ours(controller, count, `bench-${count}x${sample}`));
        others.push(await byHand(count, sample));
      }
      rows.push(row(`${count} local node${count === 1 ? '' : 's'} until ready`, 's', median(mine) / 1000, median(others) / 1000, 'parallel docker run + wait', { kind: 'added', most: 0.3 }));
    }
    return rows;
  } finally {
    await controller.dispose();
  }
}

async function ours(controller: RealController, count: number, name: string): Promise<number> {
  const { client } = controller;
  const vc = name.replace('x', '-of-').replace(/-(\d+)$/, '-n$1');
  const taken = await timed(async () => {
    const { operation } = await client.applyVc(vc, { document: { name: vc, units: [{ name: 'node', provider: 'local', flavor: 'small', count }] } });
    const ended = await waitForOperation(client, operation.id);
    if (ended.state !== 'succeeded') throw new Error(JSON.stringify(ended.error));
  });
  const { operation } = await client.deleteVc(vc, vc);
  await waitForOperation(client, operation.id);
  return taken;
}

async function byHand(count: number, sample: number): Promise<number> {
  const network = `by-hand-${sample}`;
  const names = Array.from({ length: count }, (_, index) => `${network}-${index}`);
  const key = Buffer.from('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA bench\n').toString('base64');
  const taken = await timed(async () => {
    await docker('network', 'create', '--subnet', '10.99.8.0/24', network);
    await Promise.all(names.map(async (name, index) => {
      await docker(...nodeFlags(name, network, `10.99.8.${10 + index}`, key));
      await docker('exec', name, 'vcp-wait');
    }));
  });
  await removeByHand(names, network);
  return taken;
}
