/**
 * A net with int8 scales as a quantized ONNX model, as quantizers write them: QuantizeLinear and DequantizeLinear behind each value and
 * before each weight. ONNX Runtime joins them with the operators between: QLinearConv, QLinearAdd and so on.
 */
import { encodeModel } from '../../src/onnx/export/encode-model.js';
import { buildGraph } from '../../src/onnx/export/build-graph.js';
import type { NodeDraft, Value } from '../../src/onnx/export/graph-builder.js';
import { ownParameters } from '../../src/onnx/export/parameters.js';
import { irVersionOf } from '../../src/onnx/export/opsets.js';
import { toBytes } from '../../src/proto/random-access.js';
import type { Net } from '../../src/runtime/net.js';
import { InputSamples } from '../../src/simulate/samples.js';
import { FORMATS } from '../../src/simulate/formats/index.js';
import { quantize, type Quantizer } from '../../src/simulate/quantizer.js';
import type { ScaleTable } from '../../src/simulate/tables/table.js';
import { Twin } from '../../src/simulate/twin.js';
import { unitsOf } from '../../src/simulate/units.js';
import type { TopKey } from '../../src/verify/wiring.js';

const OPSET = 13;

export interface QuantizedModel {
  readonly bytes: Uint8Array;
  /** By layer, the name of the model's value that holds the integers of what it gives. */
  readonly integers: ReadonlyMap<string, string>;
}

/** A model whose outputs are the integers of every value that has a scale. */
export async function quantizedModel(net: Net, scales: ScaleTable): Promise<QuantizedModel> {
  const { graph, layers } = await buildGraph(net, ownParameters(net), OPSET);
  const named = new Map(
    [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)].map((value) => [value.name, value]),
  );
  let count = 0;
  const constant = (numbers: ArrayLike<number>, shape: readonly number[], type: Value['type']): Value => {
    const value: Value = { name: `constant_${count++}`, shape, type, from: 'constant' };
    graph.constants.push({ value, pieces: () => [numbers] });
    return value;
  };
  const node = (op: string, inputs: readonly Value[], type: Value['type'], attributes = {}): [NodeDraft, Value] => {
    const name = `quantized_${count++}`;
    const output: Value = { name, shape: inputs[0]!.shape, type, from: 'node' };
    return [{ op, inputs, outputs: [output], attributes, layer: '', name }, output];
  };
  const replaced = new Map<Value, Value>();
  const behind = new Map<Value | undefined, NodeDraft[]>();
  const integers = new Map<string, string>();
  const outputs: Value[] = [];
  for (const { layer, quantizer } of scales.values) {
    const value = named.get(layers.find((each) => each.name === layer)!.values[0])!;
    const [scale, zero] = [constant([quantizer.scale], [], 'float'), constant([quantizer.zeroPoint], [], 'int8')];
    const [down, whole] = node('QuantizeLinear', [value, scale, zero], 'int8');
    const [up, back] = node('DequantizeLinear', [whole, scale, zero], 'float');
    replaced.set(value, back);
    behind.set(value, [down, up]);
    integers.set(layer, whole.name!);
    outputs.push(whole);
  }
  const weights: NodeDraft[] = [];
  const nodes = graph.nodes.map((each): NodeDraft => {
    const inputs = each.inputs.map((input) => (input && replaced.get(input)) ?? input);
    const weighted = scales.weighted.find(({ name }) => name === each.layer);
    if (!weighted || (each.op !== 'Conv' && each.op !== 'Gemm')) return { ...each, inputs };
    const { blobs } = net.layerDict.get(each.layer)!;
    /** Numbers as integers and a scale for each channel, or one. */
    const asIntegers = (
      blob: Float32Array,
      shape: readonly number[],
      steps: readonly number[],
      type: 'int8' | 'int32',
    ): Value => {
      const per = blob.length / steps.length;
      const numbers = Array.from(blob, (value, i) => {
        const step = steps[Math.floor(i / per)]!;
        return type === 'int8' ? quantize(value, { scale: step, zeroPoint: 0 }) : Math.round(value / step);
      });
      const isOne = steps.length === 1;
      const scale = constant(steps, isOne ? [] : [steps.length], 'float');
      const zero = constant(new Array<number>(steps.length).fill(0), scale.shape, type);
      const [up, value] = node(
        'DequantizeLinear',
        [constant(numbers, shape, type), scale, zero],
        'float',
        isOne ? {} : { axis: 0 },
      );
      weights.push(up);
      return value;
    };
    const [weight, bias] = blobs;
    inputs[1] = asIntegers(weight!.peek(), each.inputs[1]!.shape, weighted.weights, 'int8');
    if (bias)
      inputs[2] = asIntegers(
        bias.peek(),
        [bias.count],
        weighted.weights.map((step) => Math.fround(Math.fround(weighted.input.scale) * step)),
        'int32',
      );
    return { ...each, inputs };
  });
  const ordered = [
    ...weights,
    ...graph.inputs.flatMap((input) => behind.get(input) ?? []),
    ...nodes.flatMap((each) => [each, ...each.outputs.flatMap((output) => behind.get(output) ?? [])]),
  ];
  graph.nodes.splice(0, graph.nodes.length, ...ordered);
  graph.prune();
  const sink = toBytes();
  await encodeModel({ name: 'quantized', graph, outputs, irVersion: irVersionOf(OPSET) }).write(sink);
  return { bytes: sink.bytes(), integers };
}

/** What is used of a package of ONNX Runtime. */
export interface Runtime {
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown;
  InferenceSession: {
    create(
      bytes: Uint8Array,
      options: Record<string, unknown>,
    ): Promise<{ run(feeds: Record<string, unknown>): Promise<Record<string, { data: unknown }>> }>;
  };
}

/**
 * Operators on integers, also of signed activations: on x86 the runtime would make these unsigned first, which it cannot where they are
 * outputs of the model.
 */
export const RUNTIME_OPTIONS = {
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  extra: { session: { qdqisint8allowed: '1' } },
};

export interface Agreement {
  readonly layer: string;
  readonly values: number;
  /** How many integers differ by so many steps: 0, 1, 2 … */
  readonly steps: readonly number[];
}

/**
 * Runs the quantized model, then each unit of the simulated net on the integers that the runtime gave for what it reads.
 * @returns one entry for each value that a unit gives
 */
export async function compareWithRuntime(net: Net, scales: ScaleTable, runtime: Runtime): Promise<Agreement[]> {
  const { bytes, integers } = await quantizedModel(net, scales);
  const session = await runtime.InferenceSession.create(bytes, RUNTIME_OPTIONS);
  const feeds = Object.fromEntries(
    net.inputs.map((name) => {
      const { shape, data } = net.blobs.get(name)!;
      return [name, new runtime.Tensor('float32', data.slice(), [...shape])];
    }),
  );
  const results = await session.run(feeds);
  const given = new Map([...integers].map(([layer, name]) => [layer, results[name]!.data as Int8Array]));
  const graph = unitsOf(net, false);
  const byLayer = new Map(scales.values.map(({ layer, quantizer }) => [layer, quantizer]));
  const quantizers = new Map<TopKey, Quantizer>(
    [...graph.values.values()].map(({ key, layer }) => [key, byLayer.get(net.layerNames[layer]!)!]),
  );
  const twin = await Twin.create(
    net,
    graph,
    {
      ...{ format: FORMATS.int8, saturates: true, perChannel: true, everywhere: true, quantizers },
      weightScales: new Map(scales.weighted.map(({ name, weights }) => [name, weights])),
    },
    undefined,
  );
  try {
    for (const unit of graph.units) twin.setActive(unit, true);
    await new InputSamples(net, undefined).set(0);
    twin.begin();
    const found: Agreement[] = [];
    for (let index = 0; index < net.layers.length; index++) {
      await twin.run(index);
      const layer = net.layerNames[index]!;
      const [top] = net.topNamesOf(index);
      const expected = given.get(layer);
      if (!expected || !graph.unitOf[index]) continue;
      const quantizer = byLayer.get(layer)!;
      const blob = twin.net.blobs.get(top!)!.data;
      const steps: number[] = [];
      blob.forEach((value, i) => {
        const difference = Math.abs(quantize(value, quantizer) - expected[i]!);
        steps[difference] = (steps[difference] ?? 0) + 1;
        blob[i] = (expected[i]! - quantizer.zeroPoint) * quantizer.scale;
      });
      found.push({ layer, values: blob.length, steps: Array.from(steps, (each: number | undefined) => each ?? 0) });
    }
    return found;
  } finally {
    twin.dispose();
  }
}
