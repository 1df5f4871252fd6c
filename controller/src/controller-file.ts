import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControllerFile } from '@jupyterlab-vcp/sdk/wire';

/** Tells clients where the controller of this data folder listens. */
export function writeControllerFile(home: string, content: ControllerFile): void {
  const path = join(home, 'controller.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Removes it, unless another controller wrote it meanwhile. */
export function removeControllerFile(home: string, pid: number): void {
  const path = join(home, 'controller.json');
  try {
    if ((JSON.parse(readFileSync(path, 'utf8')) as Partial<ControllerFile>).pid === pid) rmSync(path);
  } catch {
    // Not there or not readable: nothing that would mislead a client.
  }
}
