import { composeSpec, onSpec, vcSpec } from '../vc/vc-specs.js';
import type { MagicSpec } from './magic-spec.js';

export const lsmagicSpec: MagicSpec = {
  name: 'lsmagic',
  about: { en: 'lists the magics' },
  command: { about: { en: 'lists the magics' }, forms: ['line'], positionals: [], flags: {}, body: 'none' }
};

export const shSpec: MagicSpec = {
  name: 'sh',
  about: { en: 'runs shell commands on the machine of this notebook' },
  command: {
    about: { en: 'runs shell commands on the machine of this notebook; a non-zero exit fails the cell' },
    forms: ['cell'],
    positionals: [],
    flags: {
      into: { about: { en: 'keeps the standard output in this variable instead of showing it' }, type: 'name', value: 'VAR' },
      timeout: { about: { en: 'stops the commands after this time (30s, 5m, 1h)' }, type: 'duration', value: 'TIME' }
    },
    body: 'shell',
    examples: ['%%sh\nls -l ${folder}\necho "$HOME"']
  }
};

/** All magics, in the order in which `%lsmagic` shows them. */
export const MAGIC_SPECS: readonly MagicSpec[] = [vcSpec, onSpec, composeSpec, shSpec, lsmagicSpec];
