import type { CommandSpec, FlagSpec, MagicSpec, PositionalSpec } from '../magics/magic-spec.js';

const vcFlag: FlagSpec = { about: { en: 'the virtual cloud; without it the one in use' }, type: 'text', value: 'NAME' };
const allowRemove: FlagSpec = { about: { en: 'lets so many nodes of a unit go; needed for everything that removes nodes' }, type: 'text', value: 'UNIT:N', many: true };
const vcName: PositionalSpec = { name: 'NAME', about: { en: 'the virtual cloud; without it the one in use' }, type: 'text', optional: true };
const target: PositionalSpec = { name: 'TARGET', about: { en: 'nodes as the panel shows them: compute, compute-2, compute-[1-3,7], compute:error, genome/head-1' }, type: 'text' };

const document = `version: 1
name: genome
units:
  - name: compute
    provider: local
    flavor: small
    count: 4`;

function line(about: string, positionals: readonly PositionalSpec[], flags: Readonly<Record<string, FlagSpec>> = {}, examples?: readonly string[]): CommandSpec {
  return { about: { en: about }, forms: ['line'], positionals, flags, body: 'none', ...(examples && { examples }) };
}

export const vcSpec: MagicSpec = {
  name: 'vc',
  about: { en: 'works with virtual clouds' },
  subcommands: {
    apply: {
      about: { en: 'shows the plan, then makes the virtual cloud be as the configuration in the body says' },
      forms: ['cell'],
      positionals: [],
      flags: {
        plan: { about: { en: 'only shows the plan' }, type: 'boolean' },
        yes: { about: { en: 'agrees to additions and changes in place; never to removals' }, type: 'boolean' },
        'allow-remove': allowRemove
      },
      body: 'yaml',
      examples: [`%%vc apply --yes\n${document}`]
    },
    plan: {
      about: { en: 'shows what apply (with the configuration in the body, or in FILE) or a verb would do; changes nothing' },
      forms: ['line', 'cell'],
      positionals: [{ name: 'WHAT', about: { en: 'a configuration file, or: scale UNIT N' }, type: 'text', optional: true, many: true }],
      flags: { vc: vcFlag },
      body: 'yaml',
      examples: ['%vc plan genome.yml', '%vc plan scale compute 8', `%%vc plan\n${document}`]
    },
    ps: line('lists the virtual clouds, or the units and nodes of one', [vcName], { all: { about: { en: 'lists all virtual clouds, also when one is in use' }, type: 'boolean' } }),
    scale: line(
      'makes a unit have exactly N nodes',
      [
        { name: 'UNIT', about: { en: 'the unit, or NAME/UNIT' }, type: 'text' },
        { name: 'N', about: { en: 'how many nodes it shall have' }, type: 'integer' }
      ],
      { vc: vcFlag, 'allow-remove': allowRemove },
      ['%vc scale compute 8', '%vc scale compute 2 --allow-remove compute:6']
    ),
    delete: line(
      'deletes a virtual cloud with all that is in it; asks for its name',
      [{ name: 'NAME', about: { en: 'the virtual cloud' }, type: 'text' }],
      { confirm: { about: { en: 'the name again, instead of being asked' }, type: 'text', value: 'NAME' } },
      ['%vc delete genome --confirm genome']
    ),
    use: line('chooses the virtual cloud that other commands mean', [{ ...vcName, about: { en: 'the virtual cloud; without it shows the one in use' } }]),
    ops: line('lists operations, newest first', [vcName], {
      open: { about: { en: 'only those that are not finished' }, type: 'boolean' },
      limit: { about: { en: 'how many (20)' }, type: 'integer', value: 'N' }
    }),
    events: line('lists the latest events', [vcName], {
      limit: { about: { en: 'how many (20)' }, type: 'integer', value: 'N' },
      follow: { about: { en: 'goes on listing new ones until the cell is interrupted' }, type: 'boolean' }
    }),
    export: line('shows the configuration as it is wanted now', [vcName], { into: { about: { en: 'keeps it as text in this variable instead of showing it' }, type: 'name', value: 'VAR' } }),
    cp: line(
      'copies files to nodes or from them; a place on a node is TARGET:/path',
      [
        { name: 'SRC', about: { en: 'what to copy' }, type: 'text' },
        { name: 'DST', about: { en: 'where to; ending in "/", the folder to copy into' }, type: 'text' }
      ],
      { vc: vcFlag },
      ['%vc cp data.csv compute:/srv/', '%vc cp head-1:/var/log/syslog logs/']
    )
  }
};

export const onSpec: MagicSpec = {
  name: 'on',
  about: { en: 'runs shell commands on nodes' },
  command: {
    about: { en: 'runs shell commands on nodes, on all of them at the same time; a non-zero exit fails the cell' },
    forms: ['cell'],
    positionals: [target],
    flags: {
      vc: vcFlag,
      container: { about: { en: 'runs in this application container of each node' }, type: 'text', value: 'NAME' },
      env: { about: { en: 'sets a variable for the commands' }, type: 'text', value: 'NAME=VALUE', many: true },
      into: { about: { en: 'keeps what each node said in this variable (a list with node, code, stdout, stderr)' }, type: 'name', value: 'VAR' },
      timeout: { about: { en: 'ends the commands after this time (30s, 5m, 1h)' }, type: 'duration', value: 'TIME' }
    },
    body: 'shell',
    examples: ['%%on compute\nhostname; df -h / | tail -1']
  }
};

export const composeSpec: MagicSpec = {
  name: 'compose',
  about: { en: 'puts application containers on nodes' },
  command: {
    about: { en: 'puts application containers on every node of a unit, also on nodes that come later' },
    forms: ['cell'],
    positionals: [
      { name: 'TARGET', about: { en: 'a unit, or several separated by commas' }, type: 'text' },
      { name: 'NAME', about: { en: 'how the application is called' }, type: 'text' }
    ],
    flags: { vc: vcFlag },
    body: 'yaml',
    examples: ['%%compose compute web\nservices:\n  main:\n    image: nginx:1']
  }
};
