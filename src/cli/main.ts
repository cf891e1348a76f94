#!/usr/bin/env node
/** The `netspec` command: runs what the command line asks and leaves its exit code. */
import { runCli } from './run.js';

// A reader that closes early (`netspec build … | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
