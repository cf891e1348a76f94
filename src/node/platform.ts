/**
 * Lets Net.load, copyFrom and save take paths in Node. Imported for this effect by the Node entry.
 */
import { setPlatform } from '../runtime/platform.js';
import { openFile, readText, writeFileAtomically } from './files.js';

setPlatform({ readText, open: openFile, write: writeFileAtomically });
