export type { OperationsParts } from './context.js';
export { createOperations, type Operations } from './create-operations.js';
export { NodeWork, type NodeWorkParts } from './node-work.js';
export type { OperationsSettings } from './settings.js';
export type { Orphan } from './sweeper.js';
