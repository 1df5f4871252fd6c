/** What pages use: the client over an injected fetch, and nothing of Node. */
export * from './transport.js';
export * from './fetch-transport.js';
export * from './vcp-client.js';
export * from './event-feed.js';
export * from './wait-for-operation.js';
