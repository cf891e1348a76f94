#!/usr/bin/env node
/** The `netspec` command: runs what the command line asks and leaves its exit code. */
import { loadBundle } from './load-bundle.js';

void loadBundle().main(process.argv.slice(2));
