/**
 * This library as an engine. Its `variant` is a list of words: the algorithm, `plain` (without relaxed SIMD), `all-blobs`.
 */
import { serve, readFloats, type Engine, type LoadJob } from './protocol.js';
import type { Blob, Net } from '../../src/node.js';

let net: Net | undefined;
let outputs: ReadonlyMap<string, Blob> = new Map();

const engine: Engine = {
  version: `netspec, Node ${process.version}`,
  async load({ prototxt, caffemodel, input, threads, variant = 'auto' }: LoadJob) {
    const words = variant.split(' ');
    // The kernels ask the host whether it knows relaxed SIMD; so it does not.
    if (words.includes('plain')) WebAssembly.validate = () => false;
    const { Net } = await import('../../src/node.js');
    net?.dispose();
    const algorithm = words.includes('gemm') ? 'gemm' : 'auto';
    const outputsOnly = !words.includes('all-blobs');
    net = await Net.load(prototxt, { weights: caffemodel, algorithm, threads, outputsOnly });
    net.blobs.get(input.name)!.data.set(readFloats(input.file));
  },
  async pass() {
    outputs = await net!.forward();
  },
  outputs: () => [...outputs].map(([name, blob]) => ({ name, shape: blob.shape, data: blob.data })),
};

await serve(engine);
