import { describe, expect, it } from 'vitest';
import { isVcpError, readComposeYaml, readVcDocument, readVcObject, readVcYaml, VcpError, type ErrorPlace } from './index.js';

const GOOD = `version: 1
name: genome
units:
  - name: compute
    provider: local
    flavor: small
    count: 2
`;

function refusal(text: string, options = { file: 'genome.yml' }): VcpError {
  try {
    readVcYaml(text, options);
  } catch (error) {
    if (isVcpError(error)) return error;
    throw error;
  }
  throw new Error('the document was accepted');
}

function onlyPlace(text: string): ErrorPlace {
  const { at } = refusal(text);
  expect(at).toHaveLength(1);
  return at[0]!;
}

describe('readVcYaml', () => {
  it('fills in the defaults of a good document', () => {
    expect(readVcYaml(GOOD)).toEqual({ version: 1, name: 'genome', units: [{ name: 'compute', provider: 'local', flavor: 'small', count: 2 }] });
    expect(readVcYaml('name: abc\n')).toEqual({ version: 1, name: 'abc', units: [] });
  });

  it('names an unknown key with its place and the nearest known one', () => {
    expect(onlyPlace(GOOD.replace('flavor', 'flavour'))).toMatchObject({ file: 'genome.yml', line: 6, column: 5, path: 'units.0.flavour', nearest: 'flavor' });
    expect(onlyPlace(`${GOOD}descripton: x\n`)).toMatchObject({ line: 8, column: 1, path: 'descripton', nearest: 'description' });
  });

  it('puts the nearest valid value into the hint', () => {
    expect(refusal(`${GOOD}descripton: x\n`).hint).toBe('Did you mean “description”?');
  });

  it.each([['two', '"two"'], ['1.5', '1.5'], ['-1', '-1'], ['1001', '1001'], ['"2"', '"2"']])('refuses the count %s and shows it', (written, shown) => {
    const place = onlyPlace(GOOD.replace('count: 2', `count: ${written}`));
    expect(place).toMatchObject({ line: 7, column: 12, path: 'units.0.count' });
    expect(place.message).toContain(shown);
  });

  it('names an unknown flavor, all known ones and the nearest', () => {
    const place = onlyPlace(GOOD.replace('small', 'smal'));
    expect(place).toMatchObject({ line: 6, column: 13, path: 'units.0.flavor', nearest: 'small' });
    expect(place.message).toContain('small, medium, large, gpu');
  });

  it('names the wrong part of a portable size', () => {
    expect(onlyPlace(GOOD.replace('small', '{cpu: 2, memoryGib: 4}'))).toMatchObject({ line: 6, path: 'units.0.flavor.memoryGib', nearest: 'memoryGiB' });
    expect(onlyPlace(GOOD.replace('small', '{cpu: 0}'))).toMatchObject({ line: 6, column: 19, path: 'units.0.flavor.cpu' });
  });

  it('marks the second of two units of one name', () => {
    const place = onlyPlace(`${GOOD}  - {name: compute, provider: local, flavor: large}\n`);
    expect(place).toMatchObject({ line: 8, column: 12, path: 'units.1.name' });
    expect(place.message).toContain('unit 1 of the list');
  });

  it('refuses a key that stands twice', () => {
    expect(refusal(`${GOOD}name: other\n`).at[0]).toMatchObject({ line: 8, column: 1 });
  });

  it('refuses a unit that is called like a node', () => {
    expect(onlyPlace(GOOD.replace('name: compute', 'name: compute-1'))).toMatchObject({ line: 4, column: 11, path: 'units.0.name' });
  });

  it('refuses literal secrets wherever they stand and never repeats them', () => {
    const key = 'AKIAABCDEFGHIJKLMNOP';
    const texts = [
      GOOD.replace('name: genome', `name: genome\ndescription: use ${key}`),
      `${GOOD}    override: {apiKey: hunter2hunter2}\n`,
      `${GOOD}    apps: {db: {services: {main: {image: x, environment: {DB_PASSWORD: hunter2hunter2}}}}}\n`,
      `${GOOD}    apps: {db: {services: {main: {image: x, environment: [DB_PASSWORD=hunter2hunter2]}}}}\n`,
      `${GOOD}    onJoin: |\n      echo "-----BEGIN OPENSSH PRIVATE KEY-----"\n`
    ];
    for (const text of texts) {
      const error = refusal(text);
      expect(error.at[0]!.message).toContain('secret://');
      expect(error.at[0]!.line).toBeGreaterThan(1);
      expect(JSON.stringify(error)).not.toMatch(new RegExp(`${key}|hunter2hunter2`));
    }
  });

  it('accepts a reference where a literal secret would be refused', () => {
    expect(readVcYaml(`${GOOD}    apps: {db: {services: {main: {image: x, environment: {DB_PASSWORD: "secret://mine/db"}}}}}\n`).units[0]!.apps).toBeDefined();
  });

  it('refuses keys whose feature is not there yet by name and line, all of them at once', () => {
    const error = refusal(`${GOOD}    attach: {export: /export}\ndisks: {}\nlease: {until: 2026-12-01T12:00}\nnetwork: {existing: lan}\n`);
    expect(error.at.map(place => [place.path, place.line, place.column])).toEqual([['units.0.attach', 8, 5], ['disks', 9, 1], ['lease', 10, 1], ['network.existing', 11, 11]]);
    expect(error.at.every(place => place.message.includes('not available in this version'))).toBe(true);
  });

  it('refuses 10 MB before reading it', () => {
    const error = refusal(`${GOOD}# ${'x'.repeat(10_000_000)}`);
    expect(error.code).toBe('too_large');
    expect(error.hint).toContain('vcp cp');
  });

  it('refuses a YAML bomb quickly', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `a${level}: &a${level} [${Array(9).fill(level === 0 ? '"lol"' : `*a${level - 1}`).join(',')}]`);
    const began = performance.now();
    expect(refusal(`${GOOD}${levels.join('\n')}\n`).message).toContain('repeats parts of itself');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('names a tab in the indentation as such', () => {
    const error = refusal('name: genome\nunits:\n\t- name: compute\n');
    expect(error.at[0]).toMatchObject({ file: 'genome.yml', line: 3 });
    expect(error.at[0]!.message).toContain('tab');
  });

  it('reads past a byte order mark without moving places', () => {
    expect(readVcYaml(`\uFEFF${GOOD}`).name).toBe('genome');
    expect(onlyPlace(`\uFEFF${GOOD.replace('count: 2', 'count: x')}`)).toMatchObject({ line: 7, column: 12 });
  });

  it('refuses Japanese names with the rule, and keeps Japanese descriptions', () => {
    const place = onlyPlace(GOOD.replace('name: genome', 'name: ゲノム'));
    expect(place).toMatchObject({ line: 2, column: 7, path: 'name' });
    expect(place.message).toContain('lower-case letter');
    expect(readVcYaml(`${GOOD}description: 秋の講義\n`).description).toBe('秋の講義');
  });

  it('offers the nearest legal name', () => {
    expect(onlyPlace(GOOD.replace('name: genome', 'name: My Genome!'))).toMatchObject({ nearest: 'my-genome' });
  });

  it('says where the name is missing', () => {
    expect(onlyPlace('units: []\n')).toMatchObject({ path: 'name', line: 1, message: '“name” is missing.' });
  });

  it('refuses text that is not YAML, a list, and a second document', () => {
    expect(refusal('name: [genome\n').at[0]!.line).toBeGreaterThan(0);
    expect(onlyPlace('- a\n')).toMatchObject({ line: 1, column: 1 });
    expect(refusal(`${GOOD}---\n${GOOD}`).at[0]).toMatchObject({ line: 8, column: 1 });
    expect(refusal('').code).toBe('invalid_request');
  });

  it('counts lines from where the text came from', () => {
    const error = (() => { try { readVcYaml('name: X\n', { file: 'cell', lineOffset: 1 }); } catch (thrown) { return thrown as VcpError; } throw new Error('accepted'); })();
    expect(error.at[0]).toMatchObject({ file: 'cell', line: 2, column: 7 });
  });

  it('does not guess: yes, no, 012 and dates are text', () => {
    expect(readVcYaml(`${GOOD}description: yes\n`).description).toBe('yes');
    expect(readVcYaml(`${GOOD}description: 2026-12-01\n`).description).toBe('2026-12-01');
  });
});

describe('readVcDocument', () => {
  it('adds line and column to what the controller says by path only', () => {
    const located = readVcDocument(`${GOOD}    override: {volumeSize: 40}\n`, { file: 'genome.yml' });
    const error = located.locate(new VcpError('invalid_request', 'no', { at: [{ path: 'units.0.override.volumeSize', message: 'not known' }], hint: 'h' }));
    expect(error.at[0]).toMatchObject({ file: 'genome.yml', line: 8, column: 28, path: 'units.0.override.volumeSize', message: 'not known' });
    expect(error).toMatchObject({ code: 'invalid_request', message: 'no', hint: 'h' });
  });

  it('leaves errors without places alone', () => {
    const error = new VcpError('conflict', 'no');
    expect(readVcDocument(GOOD).locate(error)).toBe(error);
  });
});

describe('readVcObject', () => {
  it('names places by path', () => {
    expect(() => readVcObject({ name: 'genome', units: [{ name: 'compute', provider: 'local', flavor: 'small', coutn: 1 }] })).toThrowError(expect.objectContaining({ at: [expect.objectContaining({ path: 'units.0.coutn', nearest: 'count' })] }));
  });
});

describe('readComposeYaml', () => {
  it('refuses what is outside the documented subset by name', () => {
    expect(() => readComposeYaml('services:\n  main:\n    image: x\n    healthcheck: {}\n', { file: 'c.yml' })).toThrowError(expect.objectContaining({ at: [expect.objectContaining({ file: 'c.yml', line: 4, column: 5, path: 'services.main.healthcheck' })] }));
    expect(() => readComposeYaml('services:\n  main:\n    imgae: x\n')).toThrowError(expect.objectContaining({ at: [expect.objectContaining({ line: 3, nearest: 'image' })] }));
    expect(() => readComposeYaml('services: {}\n')).toThrow(/names no service/);
  });
});
