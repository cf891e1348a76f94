import { describe, expect, test } from '@jest/globals';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { insertSplits } from '../../src/runtime/insert-splits.js';

/** Each layer as `name: bottoms -> tops`, with its loss weights. */
function wiring(prototxt: string): string[] {
  return (insertSplits(parsePrototxt(prototxt)).layer ?? []).map(
    ({ name, bottom = [], top = [], loss_weight }) =>
      `${name!}: ${bottom.join(' ')} -> ${top.join(' ')}${loss_weight ? ` [${loss_weight.join(' ')}]` : ''}`,
  );
}

const data = 'layer { name: "in" top: "data" }';
const layer = (name: string, bottom: string, top = name, more = '') =>
  `layer { name: "${name}" ${bottom
    .split(' ')
    .map((b) => `bottom: "${b}"`)
    .join(' ')} top: "${top}" ${more} }`;

describe('insertSplits', () => {
  test('a blob with one reader is not split', () => {
    expect(wiring(data + layer('a', 'data'))).toEqual(['in:  -> data', 'a: data -> a']);
  });
  test('a blob with two readers is, under the name blob_layer_top_split', () => {
    expect(wiring(data + layer('a', 'data') + layer('b', 'data'))).toEqual([
      'in:  -> data',
      'data_in_0_split: data -> data_in_0_split_0 data_in_0_split_1',
      'a: data_in_0_split_0 -> a',
      'b: data_in_0_split_1 -> b',
    ]);
  });
  test('a layer that reads a blob twice reads two split blobs', () => {
    expect(wiring(data + layer('a', 'data data'))).toEqual([
      'in:  -> data',
      'data_in_0_split: data -> data_in_0_split_0 data_in_0_split_1',
      'a: data_in_0_split_0 data_in_0_split_1 -> a',
    ]);
  });
  test('after in-place layers the split bears the last one’s name', () => {
    expect(wiring(data + layer('a', 'data') + layer('relu', 'a', 'a') + layer('b', 'a') + layer('c', 'a'))).toEqual([
      'in:  -> data',
      'a: data -> a',
      'relu: a -> a',
      'a_relu_0_split: a -> a_relu_0_split_0 a_relu_0_split_1',
      'b: a_relu_0_split_0 -> b',
      'c: a_relu_0_split_1 -> c',
    ]);
  });
  test('an in-place layer is itself a reader of the blob before it', () => {
    expect(wiring(data + layer('a', 'data') + layer('b', 'a') + layer('relu', 'a', 'a'))).toEqual([
      'in:  -> data',
      'a: data -> a',
      'a_a_0_split: a -> a_a_0_split_0 a_a_0_split_1',
      'b: a_a_0_split_0 -> b',
      'relu: a_a_0_split_1 -> a',
    ]);
  });
  test('the index in the name is that of the top', () => {
    const two = 'layer { name: "in" top: "data" top: "label" }';
    expect(wiring(two + layer('a', 'data label') + layer('b', 'label'))).toContain(
      'label_in_1_split: label -> label_in_1_split_0 label_in_1_split_1',
    );
  });
  test('being a loss counts as one more reader, and the weight moves to the first split blob', () => {
    expect(wiring(data + layer('loss', 'data', 'l', 'loss_weight: 0.5') + layer('a', 'l'))).toEqual([
      'in:  -> data',
      'loss: data -> l',
      'l_loss_0_split: l -> l_loss_0_split_0 l_loss_0_split_1 [0.5 0]',
      'a: l_loss_0_split_1 -> a',
    ]);
  });
  test('a loss weight of 0 is no reader', () => {
    expect(wiring(data + layer('loss', 'data', 'l', 'loss_weight: 0') + layer('a', 'l'))).toEqual([
      'in:  -> data',
      'loss: data -> l [0]',
      'a: l -> a',
    ]);
  });
  test('Split layers have type, bottoms and tops and nothing else', () => {
    const [, split] = insertSplits(parsePrototxt(data + layer('a', 'data') + layer('b', 'data'))).layer!;
    expect(formatPrototxt({ layer: [split!] })).toBe(`layer {
  name: "data_in_0_split"
  type: "Split"
  bottom: "data"
  top: "data_in_0_split_0"
  top: "data_in_0_split_1"
}
`);
  });
  test('one layer object given twice is two layers', () => {
    const [input] = parsePrototxt(data).layer!;
    const [relu] = parsePrototxt(layer('r', 'data', 'data')).layer!;
    const { layer: layers } = insertSplits({ layer: [input!, relu!, relu!] });
    expect(layers).toHaveLength(3);
  });
  test('the net given is left as it is', () => {
    const net = parsePrototxt(data + layer('a', 'data') + layer('b', 'data'));
    const before = formatPrototxt(net);
    insertSplits(net);
    expect(formatPrototxt(net)).toBe(before);
  });
  test('a bottom that nothing makes is refused', () => {
    const net = parsePrototxt(`${data}\nlayer { name: "r" type: "ReLU" bottom: "nope" top: "r" }`, {
      file: 'n.prototxt',
    });
    expect(() => insertSplits(net)).toThrow(
      new Error("n.prototxt:2:32: layer 'r' (ReLU): Unknown bottom blob 'nope' (layer 'r', bottom index 0)"),
    );
  });
});
