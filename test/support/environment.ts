/** What holds in each process that runs tests. */

// Before anything asks which kernels this host can run, for the answer is kept: the tests run them all.
import '../../src/node/relaxed-simd.js';

// What runner.js sets for these processes is not for the programs that a test starts.
const { NETSPEC_TEST_NODE_OPTIONS: options } = process.env;
if (options) process.env.NODE_OPTIONS = options;
else delete process.env.NODE_OPTIONS;
delete process.env.NETSPEC_TEST_NODE_OPTIONS;
delete process.env.TSX_TSCONFIG_PATH;

// Where jest itself was ended, what a test left running must not keep its process.
process.once('disconnect', () => process.exit());
