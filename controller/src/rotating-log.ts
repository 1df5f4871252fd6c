import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const KEPT_FILES = 3;

/**
 * A log file that is put aside when it is full: `x.log`, `x.log.1` … `x.log.3`.
 * Lines are written at once, so that the last ones before a crash are there. A full disk costs lines, never the process.
 */
export class RotatingLog {
  readonly #path: string;
  readonly #largestBytes: number;
  #file: number;
  #size: number;

  constructor(path: string, largestBytes: number) {
    this.#path = path;
    this.#largestBytes = largestBytes;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  write(line: string): void {
    try {
      if (this.#size >= this.#largestBytes) this.#putAside();
      this.#size += writeSync(this.#file, line);
    } catch {
      // Nothing better is left to complain to.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #putAside(): void {
    closeSync(this.#file);
    rmSync(`${this.#path}.${KEPT_FILES}`, { force: true });
    for (let number = KEPT_FILES - 1; number >= 1; number -= 1) rename(`${this.#path}.${number}`, `${this.#path}.${number + 1}`);
    rename(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, 'a', 0o600);
    this.#size = fstatSync(this.#file).size;
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
