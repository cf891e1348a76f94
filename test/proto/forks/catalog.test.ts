/** The built-in schemas of forks: what forks/*.proto says is what the program has, and each is found by its name. */
import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import { caffeRoot, forkFiles, rootOf } from '../../../scripts/combine-schemas.js';
import { forkSchema, forks } from '../../../src/proto/forks/catalog.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { definitionOf } from '../../../src/proto/reflection.js';

const files = forkFiles();

describe.each(files.map((file) => [file.name, file] as const))('%s', (name, file) => {
  const whole = definitionOf(rootOf(file, files));
  const fork = forks().find((each) => each.name === name)!;

  test('has the title and the origin of its file', () => {
    expect(fork).toMatchObject({ title: file.title, origin: file.origin, aliases: file.aliases, base: file.base });
  });

  test('has every field of its file and of those that this one builds on', () => {
    const { messages } = fork.own;
    for (const [type, fields] of Object.entries(messages)) {
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect([type, fields.toSorted(byName)]).toEqual([type, whole.messages[type]?.toSorted(byName)]);
    }
    // What is not there is BVLC's, and nothing in the fork refers to it.
    const used = new Set(Object.values(messages).flatMap((fields) => fields.map(({ type }) => type)));
    const caffe = definitionOf(caffeRoot());
    for (const type of Object.keys(whole.messages).filter((each) => !messages[each])) {
      expect(caffe.messages).toHaveProperty([type]);
      expect(used).not.toContain(type);
    }
  });

  test('has no two fields of one number', () => {
    for (const [type, fields] of Object.entries(fork.definition.messages)) {
      const numbers = fields.map(({ number }) => number);
      expect([type, new Set(numbers).size]).toEqual([type, numbers.length]);
    }
  });

  test('says what inputs a net has, also where the fork is older than the Input layer', () => {
    // The Caffes of 2014 have `layers` alone.
    if (!whole.messages['caffe.NetParameter']!.some((field) => field.name === 'layer')) return;
    const text = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }';
    const { layer } = parsePrototxt(text, { schema: forkSchema(name), upgrade: false });
    expect(layer?.[0]?.input_param?.shape?.[0]?.dim).toEqual([1]);
  });
});

test('each file is a schema, and each schema a file', () => {
  expect(
    forks()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(files.map(({ name }) => name).sort());
});

test('a schema is found by its name and by another that people use', () => {
  expect(forkSchema('ssd').title).toBe('SSD');
  expect(forkSchema('yolo')).toBe(forkSchema('eric612'));
});

test('the forks that mean different layers by one type are there by the names that layers use for them', () => {
  const names = ['pspnet', 'segnet', 'yjxiong', 'happynear', 'nearest', 'eric612', 'cambricon', 'sophgo', 'synopsys'];
  for (const name of [...names, 'intel', 'pvanet', 'aovoc', 'caffe_ocr', 'caffe-1.0'])
    expect(forkSchema(name).name).toBe(name);
});

test('a name that is none gets the nearest', () => {
  expect(() => forkSchema('segnat')).toThrow("there is no schema 'segnat'\nhint: did you mean 'segnet'?");
});

test("Caffe's release 1.0 has no Clip, no Swish and no round_mode", () => {
  const schema = forkSchema('caffe-1.0');
  expect(schema.message('LayerParameter').byName.has('clip_param')).toBe(false);
  expect(schema.has('SwishParameter')).toBe(false);
  expect(schema.message('PoolingParameter').byName.has('round_mode')).toBe(false);
});

describe('combining files', () => {
  test('a file is a valid .proto, except that it refers to what it builds on', () => {
    for (const file of files) expect(() => rootOf(file, files).resolveAll()).not.toThrow();
  });

  test('a field of a known name replaces that one, a reserved name takes one away', () => {
    const segnet = rootOf(
      files.find(({ name }) => name === 'segnet')!,
      files,
    ).lookupType('caffe.ConvolutionParameter');
    expect(segnet.fields['kernel_size']!.repeated).toBe(false);
    expect(segnet.fields).not.toHaveProperty('dilation');
    expect(segnet.fields).toHaveProperty('num_output');
  });

  test("values are added to BVLC's enums, and numbered anew", () => {
    const rfcn = rootOf(
      files.find(({ name }) => name === 'r-fcn')!,
      files,
    ).lookupEnum('caffe.LossParameter.NormalizationMode');
    expect(rfcn).toBeInstanceOf(protobuf.Enum);
    expect(rfcn.values).toEqual({ FULL: 0, VALID: 1, BATCH_SIZE: 2, PRE_FIXED: 3, NONE: 4 });
  });
});
