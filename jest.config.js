/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '<rootDir>/test/support/transform.js',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  setupFilesAfterEnv: ['<rootDir>/test/support/equality.ts'],
  // For the CommonJS modules, jest's own too, what test/support/transform.js does for ours.
  sandboxInjectedGlobals: ['Array', 'Map', 'Math', 'Number', 'Object', 'Set', 'String', 'Symbol'],
  // Sources import './x.js', as Node's ESM resolution wants; under jest the file is still './x.ts'.
  // The examples import the package by its name.
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^netspec$': '<rootDir>/src/node.ts',
    '^netspec/(.*)$': '<rootDir>/src/node/exports/$1.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/'],
  testTimeout: 60_000,
  // By default a core is left free, which of two is half of them.
  maxWorkers: '100%',
};
