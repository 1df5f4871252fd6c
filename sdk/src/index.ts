export * from './wire/index.js';
export * from './client/index.js';
