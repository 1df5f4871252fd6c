import { waitForOperation } from '@jupyterlab-vcp/sdk';
import { RealController } from '../controller/testing/real-controller.js';
import { docker, pipeline } from './docker-command.js';
import { median, row, timed, type Row } from './row.js';

const IMAGE = 'vcp-bench/payload:230';

/** An image of 230 MB onto three nodes, against `docker save` into `docker load`, one node after the other. */
export async function imagesBench(samples: number): Promise<readonly Row[]> {
  await makeImage();
  const controller = await RealController.create();
  try {
    const { client } = controller;
    const first: number[] = [];
    const warm: number[] = [];
    const others: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const vc = `bench-image-s${sample}`;
      const apply = async (): Promise<void> => {
        const { operation } = await client.applyVc(vc, { document: { name: vc, units: [{ name: 'node', provider: 'local', flavor: { cpu: 2, memoryGiB: 2 }, count: 3 }] } });
        const ended = await waitForOperation(client, operation.id);
        if (ended.state !== 'succeeded') throw new Error(JSON.stringify(ended.error));
      };
      await apply();
      const app = async (): Promise<void> => {
        const { operation } = await client.setApp(vc, 'node', 'payload', { services: { main: { image: IMAGE, command: ['sleep', 'infinity'] } } });
        const ended = await waitForOperation(client, operation.id);
        if (ended.state !== 'succeeded') throw new Error(JSON.stringify(ended.error));
      };
      const containers = (await client.listNodes(vc)).items.map(node => node.cloudId!);
      // A fresh tag of other content each time: nothing of it is anywhere yet.
      await makeImage(sample);
      first.push(await timed(app));
      for (const container of containers) await docker('exec', container, 'sh', '-c', 'docker rm -f payload-main; docker rmi -f $(docker images -q)');
      const removed = await client.removeApp(vc, 'node', 'payload');
      await waitForOperation(client, removed.operation.id);
      warm.push(await timed(app));
      for (const container of containers) await docker('exec', container, 'sh', '-c', 'docker rm -f payload-main; docker rmi -f $(docker images -q)');
      others.push(await timed(async () => {
        for (const container of containers) await pipeline(`docker save ${IMAGE} | docker exec -i ${container} docker load`);
      }));
      const deleted = await client.deleteVc(vc, vc);
      await waitForOperation(client, deleted.operation.id);
    }
    return [
      row('230 MB image to 3 nodes, sent before', 's', median(warm) / 1000, median(others) / 1000, 'docker save | docker load, one after the other', { kind: 'ratio', most: 0.67 }),
      row('230 MB image to 3 nodes, first time', 's', median(first) / 1000, median(others) / 1000, 'docker save | docker load, one after the other', { kind: 'report' })
    ];
  } finally {
    await controller.dispose();
    await docker('rmi', '-f', IMAGE);
  }
}

/** Debian (126 MB) with 104 MB that do not compress. */
async function makeImage(salt = 0): Promise<void> {
  const name = `vcp-bench-payload-${process.pid}`;
  await docker('run', '--network', 'none', '--name', name, 'vcp/debian:12', 'sh', '-c', `head -c 104000000 /dev/urandom > /payload; echo ${salt} > /salt`);
  await docker('commit', name, IMAGE);
  await docker('rm', name);
}
