export { buildHttp, type HttpServer } from './build-http.js';
export type { HttpParts, Statistics } from './http-parts.js';
export { STATUS_OF } from './problem.js';
