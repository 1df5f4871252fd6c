import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageSource } from './image-source.js';

/** The Docker engine that the controller itself can reach, as a source of images. */
export function dockerImageSource(docker: Docker): ImageSource {
  return {
    async find(image) {
      try {
        const found = await docker.getImage(image).inspect();
        return { id: found.Id, sizeBytes: found.Size };
      } catch {
        // No such image, or no engine on this machine: both mean that the node has to get it elsewhere.
        return undefined;
      }
    },
    async save(image) {
      // An answer of http: a whole stream already, though its type says less.
      return (await docker.getImage(image).get()) as Readable;
    }
  };
}
