/**
 * What nets do with memory: none before it is needed, all at once when it is, the same for each pass, given back in the end.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Net, type NetOptions } from '../../src/runtime/net.js';
import { WasmArena } from '../../src/engine/wasm-arena.js';

const loaded: Net[] = [];
afterEach(() => {
  for (const net of loaded.splice(0)) net.dispose();
});
async function load(prototxt: string, options?: NetOptions): Promise<Net> {
  const net = await Net.load(prototxt, options);
  loaded.push(net);
  return net;
}

const PAGE = 65536;
const arenaOf = (net: Net): WasmArena => {
  const { arena } = net.blobs.values().next().value!;
  if (!(arena instanceof WasmArena)) throw new Error('not a WasmArena');
  return arena;
};

const netFor = (batch: number) => `
  layer { name: "data" type: "Input" top: "data" input_param { shape { dim: ${batch} dim: 3 dim: 32 dim: 32 } } }
  layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
          convolution_param { num_output: 8 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
  layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
  layer { name: "a" type: "Pooling" bottom: "conv" top: "a" pooling_param { kernel_size: 2 stride: 2 } }
  layer { name: "b" type: "BatchNorm" bottom: "conv" top: "b" }
  layer { name: "ip" type: "InnerProduct" bottom: "a" top: "ip" inner_product_param { num_output: 10 } }`;

test('building takes none, whatever the batch', async () => {
  const net = await load(netFor(4000));
  expect(net.plannedBytes).toBeGreaterThan(2 ** 28);
  expect([...net.blobs.values(), ...[...net.params.values()].flat()].filter((blob) => blob.isAllocated)).toEqual([]);
  expect(arenaOf(net).usedBytes).toBe(0);
});

test('looking at a parameter of a net that is too large to run takes that parameter’s', async () => {
  const net = await load(netFor(100_000));
  expect(net.plannedBytes).toBeGreaterThan(2 ** 32);
  expect(net.params.get('conv')![0]!.data).toHaveLength(8 * 3 * 3 * 3);
  expect(arenaOf(net).usedBytes).toBeLessThan(PAGE);
});

test('a net that is too large to run is refused when it runs, with the layer', async () => {
  const net = await load(netFor(100_000));
  await expect(net.forward()).rejects.toThrow(/^\d+:\d+: layer 'conv' \(Convolution\): out of memory: /);
});

test('all of it is taken when the first blob is looked at, so that views last', async () => {
  const net = await load(netFor(16));
  const input = net.blobs.get('data')!.data;
  const weights = net.params.get('conv')![0]!.data;
  const { buffer } = arenaOf(net);
  await net.forward();
  expect(arenaOf(net).buffer).toBe(buffer);
  expect([input.length, weights.length]).toEqual([16 * 3 * 32 * 32, 216]);
  expect(net.blobs.get('data')!.data).toBe(input);
});

test('a small net reserves 16 MiB beside its blobs, so that many of them give the garbage collector nothing to do', async () => {
  const net = await load(netFor(1));
  const before = arenaOf(net).buffer.byteLength;
  await net.forward();
  // Memory grows by whole pages.
  expect(arenaOf(net).buffer.byteLength - before).toBeLessThanOrEqual(net.plannedBytes + 16 * 2 ** 20 + PAGE);
});

test('each pass takes the same', async () => {
  const net = await load(netFor(4));
  await net.forward();
  const { usedBytes, buffer } = arenaOf(net);
  for (let i = 0; i < 20; i++) await net.forward();
  expect(arenaOf(net).usedBytes).toBe(usedBytes);
  expect(arenaOf(net).buffer).toBe(buffer);
});

test('shapes that grow give back what they outgrow', async () => {
  const net = await load(netFor(1));
  const pass = async (size: number): Promise<number> => {
    net.blobs.get('data')!.reshape([1, 3, size, size]);
    await net.forward({ end: 'b' });
    return arenaOf(net).usedBytes;
  };
  await pass(32);
  const large = await pass(96);
  for (let i = 0; i < 5; i++) {
    await pass(32);
    expect(await pass(96)).toBe(large);
  }
});

/** How many WebAssembly memories come into being meanwhile. */
async function memoriesMade(action: () => Promise<void>): Promise<number> {
  let made = 0;
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made++;
    }
  };
  try {
    await action();
  } finally {
    WebAssembly.Memory = Memory;
  }
  return made;
}

describe('dispose', () => {
  test('gives it to the next net', async () => {
    const made = await memoriesMade(async () => {
      for (let i = 0; i < 30; i++) {
        const net = await Net.load(netFor(2));
        await net.forward();
        net.dispose();
      }
    });
    expect(made).toBeLessThanOrEqual(1);
  });
  test('leaves the next net nothing of the last one’s values', async () => {
    const first = await Net.load(netFor(2));
    first.blobs.get('data')!.data.fill(1);
    await first.forward();
    first.dispose();
    const second = await load(netFor(2));
    for (const blob of second.blobs.values()) expect(blob.data.every((value) => value === 0)).toBe(true);
  });
  test('can be done twice', async () => {
    const net = await Net.load(netFor(1));
    net.dispose();
    expect(() => {
      net.dispose();
    }).not.toThrow();
  });
  test('ends the use of blobs', async () => {
    const net = await Net.load(netFor(1));
    const blob = net.blobs.get('data')!;
    blob.data.fill(1);
    net.dispose();
    expect(() => blob.data).toThrow(
      new Error('the net was disposed\nhint: load it again, or copy what you need before dispose()'),
    );
  });
  test('is done for a net that is refused', async () => {
    const made = await memoriesMade(async () => {
      for (let i = 0; i < 10; i++) await expect(Net.load(netFor(1) + 'layer { type: "ReLU" }')).rejects.toThrow();
    });
    expect(made).toBeLessThanOrEqual(1);
  });
});

test('two nets do not see each other', async () => {
  const [a, b] = [await load(netFor(1)), await load(netFor(1))];
  a.blobs.get('data')!.data.fill(1);
  a.params.get('conv')![0]!.data.fill(1);
  await b.forward();
  expect(b.blobs.get('data')!.data.every((value) => value === 0)).toBe(true);
  expect(b.params.get('conv')![0]!.data[0]).not.toBe(1);
});
