#!/usr/bin/env node
/** The `netspec` command: runs what the command line asks and leaves its exit code. */
import { setFlagsFromString } from 'node:v8';
import { loadBundle } from './load-bundle.js';

const { main } = loadBundle(process.argv[2]);

/**
 * Bytes of bytecode that a function runs before V8 optimizes it, ten times Node 20's own number: most commands are done sooner
 * than that pays, and what loops reaches it in some milliseconds. Later versions of V8 decide better. Set after the bundle
 * was loaded, since V8 takes compiled code back only under the options that it was kept with.
 */
const INTERRUPT_BUDGET = 660_000;
if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);

void main(process.argv.slice(2));
