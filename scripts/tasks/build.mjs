import { build } from '../build.mjs';
import { guarded } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';

/** `npm run build [-- --force] [-- PART…]` */
export function run(args) {
  const only = args.filter(arg => !arg.startsWith('-'));
  return guarded(() => build(root, { force: args.includes('--force'), ...(only.length === 0 ? {} : { only }) }));
}
