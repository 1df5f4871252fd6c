// ESLint guards the rooms in the editor; this adds what it cannot see: cycles.
module.exports = {
  forbidden: [{ name: 'no-cycles', severity: 'error', comment: 'A cycle hides who depends on whom: move what both need into a file of its own.', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } }],
  options: { doNotFollow: { path: 'node_modules' }, tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: false, enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'default'], extensions: ['.ts', '.tsx', '.js', '.mjs'] } }
};
