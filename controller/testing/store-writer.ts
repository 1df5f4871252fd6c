// A program that is killed by a test: writes rows and names each one once it was acknowledged.
import { writeSync } from 'node:fs';
import { openStore } from '../src/store/index.js';
import { vcRow } from './doubles/rows.js';

const [folder, round] = process.argv.slice(2);
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const store = await openStore({ folder: folder!, clock: { now: () => Date.now() }, log: silent });

async function write(lane: number): Promise<never> {
  for (let index = 0; ; index += 1) {
    const id = `vc-${round}-${lane}-${index}`;
    await store.transaction(tx => tx.putVc(vcRow({ id, name: id })));
    writeSync(1, `${id}\n`);
  }
}
await Promise.all([0, 1, 2, 3].map(write));
