#!/usr/bin/env node
/** The `netspec` command: runs what the command line asks and leaves its exit code. */
import { outputOf } from './output.js';
import { runCli } from './run.js';

const [stdout, stderr] = [outputOf(process.stdout), outputOf(process.stderr)];
process.exitCode = await runCli(process.argv.slice(2), { stdout, stderr });
