import type { Readable } from 'node:stream';

/** An engine beside the controller whose images may be put onto nodes. */
export interface ImageSource {
  /** Undefined when it has no such image or does not answer. */
  find(image: string): Promise<{ readonly id: string; readonly sizeBytes: number } | undefined>;
  /** The archive of `docker save`. */
  save(image: string): Promise<Readable>;
}
