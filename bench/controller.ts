import { readFile } from 'node:fs/promises';
import { RealController } from '../controller/testing/real-controller.js';
import { row, type Row } from './row.js';

const REST_MS = 5_000;

/** Memory of a controller that has nothing to do. */
export async function controllerBench(): Promise<readonly Row[]> {
  const controller = await RealController.create();
  try {
    await new Promise(resolve => setTimeout(resolve, REST_MS));
    const status = await readFile(`/proc/${controller.pid}/status`, 'utf8');
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    return [row('controller at rest, resident memory', 'MB', kilobytes / 1024, null, 'nothing', { kind: 'below', most: 120 })];
  } finally {
    await controller.dispose();
  }
}
