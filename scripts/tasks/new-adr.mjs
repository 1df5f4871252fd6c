import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guarded, Remedy } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';

/** `npm run new:adr -- "Title of the decision"` */
export function run(args) {
  return guarded(() => {
    const title = args.join(' ').trim();
    if (title === '') throw new Remedy('Give the decision a title:  npm run new:adr -- "Use X for Y"');
    const folder = join(root, 'docs', 'adr');
    const last = Math.max(0, ...readdirSync(folder).map(name => Number(/^(\d{4})-/.exec(name)?.[1] ?? 0)));
    const number = String(last + 1).padStart(4, '0');
    const file = join(folder, `${number}-${title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.md`);
    writeFileSync(file, `# ${number}. ${title}\n\nStatus: proposed\n\n## Context\n\n## Decision\n\n## Alternatives\n\n## Consequences\n`);
    console.log(file);
    return 0;
  });
}
