export { dockerImageSource } from './docker-image-source.js';
export type { ImageSource } from './image-source.js';
export { createNodeShell, type NodeShellOptions } from './node-shell.js';
