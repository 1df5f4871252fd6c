import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ERROR_CODES, ROUTES, checkDocument, composeSchema, composeServiceSchema, parseYaml, unitSchema, vcDocumentSchema } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { createCatalog } from '../controller/src/clouds/index.js';
import { STATUS_OF } from '../controller/src/http/problem.js';
import { readSettings } from '../controller/src/settings.js';
import { splitWords } from '../kernel/src/magics/argument-words.js';
import { parseCall } from '../kernel/src/magics/magic-arguments.js';
import { commandsOf, type CommandSpec, type MagicForm } from '../kernel/src/magics/magic-spec.js';
import { MAGIC_SPECS } from '../kernel/src/magics/specs.js';
import { COMMON_OPTIONS, parseCommandLine } from '../sdk/src/cli/command-line.js';
import { COMMANDS } from '../sdk/src/cli/commands.js';

const root = resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Cells of each row of the tables in a text, without the rows of heads and rules. */
function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const isRule = (line: string | undefined): boolean => /^\|[-| ]+\|$/.test(line ?? '');
  return lines.filter((line, index) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1])).map(line => line.slice(1, -1).split('|').map(cell => cell.trim()));
}

/** Sections by heading of a level, without the backquotes around the heading. */
function sections(text: string, level: string): ReadonlyMap<string, string> {
  const parts = text.split(new RegExp(`^${level} `, 'm')).slice(1);
  return new Map(parts.map(part => [part.slice(0, part.indexOf('\n')).replaceAll('`', '').trim(), part.split(/^#{1,3} /m)[0]!]));
}

const fenced = (text: string): readonly string[] => [...text.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(match => match[1]!);
const words = (text: string): readonly string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(match => match[1]!);
const sorted = (list: Iterable<string>): readonly string[] => [...list].sort();

describe('docs/errors.md', () => {
  it('lists exactly the error codes, with the statuses of the controller', () => {
    const listed = tableRows(read('docs/errors.md')).map(([code, status]) => [words(code!)[0]!, Number(status)] as const);
    expect(new Set(listed.map(([code]) => code)).size).toBe(listed.length);
    expect(Object.fromEntries(listed)).toEqual(STATUS_OF);
    expect(sorted(listed.map(([code]) => code))).toEqual(sorted(ERROR_CODES));
  });
});

describe('docs/rest.md', () => {
  it('lists exactly the routes, with method, right and which are changes', () => {
    const listed = tableRows(sections(read('docs/rest.md'), '##').get('Routes')!).map(([method, path, right, change]) => [words(method!)[0], words(path!)[0], right, change === '202']);
    expect(listed).toEqual(Object.values(ROUTES).map(route => [route.method, route.path, route.verb, 'change' in route]));
  });
});

describe('docs/cli.md', () => {
  const text = read('docs/cli.md');
  const described = sections(text, '###');

  it('has a section for every command and for nothing else', () => {
    expect(sorted(described.keys())).toEqual(sorted(COMMANDS.map(command => `vcp ${command.name} ${command.words}`.trim())));
  });

  it.each(COMMANDS.map(command => [command.name, command] as const))('names every option of %s and no other', (_name, command) => {
    const section = described.get(`vcp ${command.name} ${command.words}`.trim()) ?? '';
    const own = Object.entries(command.options ?? {});
    expect(own.filter(([name]) => !section.includes(`\`--${name}`)).map(([name]) => name)).toEqual([]);
    const known = new Set([...own.map(([name]) => name), ...Object.keys(COMMON_OPTIONS)]);
    expect([...section.matchAll(/`--([a-z-]+)/g)].map(match => match[1]!).filter(name => !known.has(name))).toEqual([]);
    for (const [name, { short }] of own) if (short !== undefined) expect(section, name).toContain(`\`-${short}\``);
  });

  it('shows examples that the command line understands', () => {
    const lines = fenced(text).flatMap(block => block.split('\n')).filter(line => line.startsWith('vcp '));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(() => parseCommandLine(splitWords(line).slice(1), COMMANDS), line).not.toThrow();
  });
});

describe('docs/notebooks.md', () => {
  const text = read('docs/notebooks.md');
  const described = sections(text, '###');
  const magics = MAGIC_SPECS.flatMap(spec => commandsOf(spec).map(([called, command]) => [called, command] as const));
  const headingOf = (called: string, command: CommandSpec): string => `${command.forms.includes('line') ? '%' : '%%'}${called}`;

  it('has a section for every magic and for nothing else', () => {
    expect(sorted(described.keys())).toEqual(sorted(magics.map(([called, command]) => headingOf(called, command))));
  });

  it.each(magics)('names every flag of %s and no other, and both forms where there are two', (called, command) => {
    const section = described.get(headingOf(called, command)) ?? '';
    expect(Object.keys(command.flags).filter(flag => !section.includes(`--${flag}`))).toEqual([]);
    expect([...section.matchAll(/--([a-z-]+)/g)].map(match => match[1]!).filter(flag => !(flag in command.flags))).toEqual([]);
    if (command.forms.length === 2) expect(section).toContain(`\`%%${called}\``);
  });

  it.each(magics)('shows an example of %s that is understood', (called, command) => {
    const [example] = fenced(described.get(headingOf(called, command)) ?? '');
    const match = /^(%%?)(\S+) ?(.*)$/m.exec(example?.split('\n')[0] ?? '');
    const spec = MAGIC_SPECS.find(candidate => candidate.name === match?.[2]);
    const form: MagicForm = match?.[1] === '%%' ? 'cell' : 'line';
    expect(spec, example).toBeDefined();
    expect(parseCall(spec!, form, splitWords(match![3]!)).words).toBe(called);
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');

  it('shows a configuration that is accepted', () => {
    const [example] = fenced(text);
    const checked = checkDocument(parseYaml(example!, 'docs/configuration.md').value);
    expect(checked).toMatchObject({ ok: true });
  });

  it('names every key of the language', () => {
    const named = words(text).flatMap(word => word.split(/[.[\]]+/));
    expect([...Object.keys(vcDocumentSchema.shape), ...Object.keys(unitSchema.shape)].filter(key => key !== 'units' && !named.includes(key))).toEqual([]);
  });
});

describe('docs/compose.md', () => {
  it('names exactly the keys of a service that are supported', () => {
    const named = tableRows(read('docs/compose.md')).flatMap(([keys]) => words(keys!));
    expect(sorted(named)).toEqual(sorted(Object.keys(composeServiceSchema.shape)));
  });

  it('names the top level', () => {
    const line = /^Top level: (.*)$/m.exec(read('docs/compose.md'))?.[1] ?? '';
    expect(words(line)).toEqual(expect.arrayContaining(Object.keys(composeSchema.shape)));
  });
});

describe('docs/settings.md', () => {
  it('lists every setting with its default', () => {
    const rows = tableRows(sections(read('docs/settings.md'), '##').get('settings.yml')!).map(([key, standard]) => [words(key!)[0]!, words(standard!)[0]] as const);
    const { home: _home, ...defaults } = readSettings({ VCP_HOME: join(root, 'there', 'is', 'no', 'such', 'folder') });
    expect(Object.fromEntries(rows)).toEqual({ ...Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, String(value)])), socket: undefined });
  });
});

describe('docs/providers.md', () => {
  const text = read('docs/providers.md');
  const catalog = createCatalog({ catalogFolder: join(root, 'controller/src/clouds/catalog'), baseRecipeFolder: '', workFolder: '', environment: {} });

  it.each(catalog.list().map(provider => [provider.title, provider] as const))('tells regions, flavors, overrides and what is missing of %s', (title, provider) => {
    expect(text).toContain(`## ${title}`);
    const part = sections(text, '###');
    expect(tableRows(part.get('Regions')!).map(([name, reach]) => [words(name!)[0], reach!.split(':')[0]])).toEqual(provider.regions.map(region => [region.name, region.reach]));
    const rows = tableRows(part.get('Flavors')!);
    const overrides = Object.keys(provider.specSchema['properties'] as object);
    expect(rows.map(([name]) => words(name!)[0])).toEqual([...provider.flavors.map(flavor => flavor.name), ...overrides]);
    for (const [index, { size }] of provider.flavors.entries()) expect(rows[index]!.slice(1)).toEqual([String(size.cpu), `${size.memoryGiB} GiB`]);
    const kinds = Object.values(provider.capabilities).filter(capability => typeof capability === 'object' && 'supported' in capability);
    const shown = tableRows(part.get('Capabilities')!).map(([, has]) => has);
    expect(shown.filter(has => has === 'no')).toHaveLength(kinds.filter(({ supported }) => supported === false).length);
  });
});

/** Anchors as they are made from headings: lower case, without signs, blanks as "-". */
function anchorsOf(text: string): readonly string[] {
  return [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)].map(match => match[1]!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

describe('relative links', () => {
  const markdown = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.md')).map(name => join('docs', name))];

  it.each(markdown)('of %s lead somewhere', file => {
    const links = [...read(file).replace(/^```[^]*?^```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!).filter(link => !/^[a-z]+:/.test(link));
    const broken = links.filter(link => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, file) : join(root, dirname(file), path);
      if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).some(known => known === anchor || known.startsWith(`${anchor}-`));
    });
    expect(broken).toEqual([]);
  });
});
