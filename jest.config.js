/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  runner: '<rootDir>/test/support/runner.js',
  // Node itself reads the files, through tsx.
  transform: {},
  setupFiles: ['<rootDir>/test/support/environment.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/equality.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/'],
  // By default a core is left free, which of two is half of them.
  maxWorkers: '100%',
};
