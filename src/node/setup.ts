/** Gives the library Node's files, threads and WebAssembly features. Imported for this effect by each entry for Node. */
import './relaxed-simd.js';
import './platform.js';
import './threads.js';
