/**
 * Importing this lets the kernels use fused multiply-add on Node 20, whose V8 (before 11.4) knows relaxed SIMD only
 * behind a flag. The flag must be set before the first WebAssembly module is compiled.
 */
import { setFlagsFromString } from 'node:v8';
import { beforeFirstCompile, hasRelaxedSimd } from '../engine/kernels.js';

beforeFirstCompile(() => {
  // A V8 that has the instruction by default knows the flag no more and would complain about it on stderr.
  if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
});
