import { randomBytes } from 'node:crypto';
import type { Ids } from './domain/index.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Unguessable ids: 12 characters of 5 random bits each. */
export const randomIds: Ids = {
  next: prefix => `${prefix}${[...randomBytes(12)].map(byte => ALPHABET[byte & 31]).join('')}`
};
