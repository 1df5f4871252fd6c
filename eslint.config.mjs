// The house rules as errors. Each message says what to do; docs/architecture.md says why.
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

const WHERE = 'See docs/architecture.md, “Rooms”.';
const TIER_2 = ['store', 'clouds', 'nodes'];

const elements = [
  { type: 'wire', pattern: 'sdk/src/wire' },
  { type: 'sdk', pattern: 'sdk/src' },
  { type: 'domain', pattern: 'controller/src/domain' },
  { type: 'operations', pattern: 'controller/src/operations' },
  { type: 'store', pattern: 'controller/src/store' },
  { type: 'cloud-api', pattern: 'controller/src/clouds/apis/*', capture: ['api'] },
  { type: 'clouds', pattern: 'controller/src/clouds' },
  { type: 'nodes', pattern: 'controller/src/nodes' },
  { type: 'http', pattern: 'controller/src/http' },
  { type: 'main', pattern: 'controller/src' },
  { type: 'controller-testing', pattern: 'controller/testing' },
  { type: 'kernel', pattern: 'kernel/src' },
  { type: 'kernel-testing', pattern: 'kernel/testing' },
  { type: 'bench', pattern: 'bench' },
  { type: 'scripts', pattern: 'scripts' },
  { type: 'ui-tests', pattern: 'ui-tests' },
  { type: 'extension', pattern: 'extension/src' }
];

const element = type => ({ element: Array.isArray(type) ? { types: { anyOf: type } } : { type } });
const allow = (from, to, message) => ({ from: element(from), allow: { to: element(to) }, ...(message === undefined ? {} : { message }) });

/** Who may import whom. A room may always import itself. */
const policies = [
  ...elements.map(({ type }) => allow(type, type)),
  allow('sdk', 'wire'),
  allow('domain', 'wire'),
  allow('operations', ['domain', 'wire']),
  allow(TIER_2, ['domain', 'wire']),
  allow('cloud-api', ['domain', 'wire', 'clouds']),
  allow('clouds', 'cloud-api'),
  allow('http', ['domain', 'operations', 'wire']),
  allow('main', ['domain', 'operations', ...TIER_2, 'http', 'wire']),
  allow('kernel', ['sdk', 'wire']),
  allow('extension', ['sdk', 'wire']),
  allow(['controller-testing', 'kernel-testing', 'bench', 'scripts'], elements.map(({ type }) => type)),
  {
    from: element('cloud-api'),
    disallow: { to: { element: { type: 'cloud-api', captured: { api: '!{{ from.element.captured.api }}' } } } },
    message: `One cloud never imports its sibling; what both need goes into clouds/ beside them. ${WHERE}`
  },
  ...[...TIER_2, 'operations', 'domain', 'http'].map(type => ({
    from: { element: { type: `!${type}` } },
    disallow: { to: { element: { type, fileInternalPath: '!index.ts' } } },
    message: `Enter the room ${type}/ by its door, index.ts. ${WHERE}`
  })),
  // The driver of a cloud may use the small shared pieces beside it, and tests of a room its inside.
  { from: element('cloud-api'), allow: { to: element('clouds') } },
  { from: element(['controller-testing', 'kernel-testing', 'bench', 'scripts']), allow: { to: element(elements.map(({ type }) => type)) } },
  { from: { file: { categories: 'test' } }, allow: { to: element(elements.map(({ type }) => type)) } },
  ...[['fastify', 'http'], ['dockerode', 'cloud-api'], ['ssh2', 'nodes'], ['zeromq', 'kernel']].map(([source, room]) => ({
    from: { element: { types: { noneOf: room === 'cloud-api' ? ['cloud-api', 'nodes', 'main', 'controller-testing', 'bench'] : room === 'kernel' ? ['kernel', 'kernel-testing', 'sdk', 'bench'] : [room, 'controller-testing', 'bench'] } } },
    disallow: { to: { module: { origin: 'external', source } } },
    message: `${source} belongs to ${room}/ alone; elsewhere use the port in domain/. ${WHERE}`
  })),
  {
    from: element('domain'),
    disallow: { to: { module: { origin: 'core', source: '!(node:crypto|node:stream)' } } },
    message: `domain/ has no I/O: ask for a port in domain/ports.ts. ${WHERE}`
  }
];

const externals = { allow: { to: { module: { origin: ['external', 'core'] } } } };

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', '**/lib/', '.work/', '.venv/', '.cache/', 'extension/jupyterlab_vcp/', 'ui-tests/test-results/'] },
  {
    files: ['{sdk,controller,kernel,bench,scripts}/**/*.ts', 'extension/src/**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommended],
    plugins: { boundaries },
    settings: {
      'boundaries/elements': elements,
      'boundaries/files': [{ category: 'test', pattern: '**/*.{test,fixture}.ts' }],
      'import/resolver': { typescript: { project: ['tsconfig.json'], conditionNames: ['source', 'import', 'node', 'default', 'types'], extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } } }
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', checkAllOrigins: true, message: `{{ from.element.type }} may not import {{ to.element.type }}{{ to.module.source }}. ${WHERE}`, policies: [externals, ...policies] }],
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only: one name for one thing everywhere.' }]
    }
  },
  { files: ['controller/src/**/*.ts'], ignores: ['controller/src/**/*.test.ts', 'controller/src/**/*.int.test.ts'], rules: { 'boundaries/no-unknown-files': 'error' } },
  { files: ['**/*.test.ts', 'bench/**/*.ts', '**/testing/**/*.ts'], rules: { 'max-lines-per-function': 'off', 'no-console': 'off' } },
  { files: ['**/vitest*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['sdk/src/cli/**/*.ts', 'kernel/src/main.ts', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
  // What a cell may call takes anything at all.
  { files: ['kernel/src/session/globals/*.d.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  { files: ['extension/src/**/*.{ts,tsx}'], rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' } }
);
