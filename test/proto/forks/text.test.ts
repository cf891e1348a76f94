/** Text of forks: read without a flag, and printed as the fork's own protoc prints it. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultSchema } from '../../../src/proto/schema.js';
import { encodeNet, decodeMessage } from '../../../src/proto/codec.js';
import { forkSchema, forks } from '../../../src/proto/forks/catalog.js';
import { compose } from '../../../src/proto/forks/compose.js';
import { forksOf } from '../../../src/proto/forks/net-forks.js';
import { evidenceOfText } from '../../../src/proto/forks/text-evidence.js';
import { formatPrototxt } from '../../../src/proto/text/printer.js';
import { parsePrototxt } from '../../../src/proto/text/parser.js';
import { schemaOf } from '../../../src/proto/message.js';
import { onRemark } from '../../../src/remarks.js';
import { messageOf } from '../../support/close.js';

interface Golden {
  fork: string;
  text: string;
  /** What protoc --decode prints of what protoc --encode makes of the text, with the fork's caffe.proto. */
  printed: string;
}

const golden = JSON.parse(readFileSync(new URL('../../fixtures/forks/text.json', import.meta.url), 'utf8')) as Golden[];

let remarks: string[] = [];
let endRemarks = (): void => undefined;
beforeEach(() => {
  remarks = [];
  endRemarks = onRemark((remark) => remarks.push(remark));
});
afterEach(() => {
  endRemarks();
});

describe.each(golden.map((each) => [each.fork, each] as const))('a net of %s', (fork, { text, printed }) => {
  const schema = forkSchema(fork);

  test('is read without a schema, and printed as the fork prints it', () => {
    const net = parsePrototxt(text, { upgrade: false });
    expect(forksOf(net)).toContain(fork);
    expect(formatPrototxt(net, { schema })).toBe(printed);
  });

  test('is read and printed with its own schema', () => {
    expect(formatPrototxt(parsePrototxt(text, { upgrade: false, schema }))).toBe(printed);
  });

  test('survives bytes', () => {
    const net = parsePrototxt(text, { upgrade: false, schema });
    expect(formatPrototxt(decodeMessage('NetParameter', encodeNet(net), schema))).toBe(printed);
  });

  test("is refused with BVLC's schema alone", () => {
    expect(() => parsePrototxt(text, { schema: defaultSchema() })).toThrow(
      /Caffe|has it|one of|did you mean|is first given/,
    );
  });
});

const layer = (type: string, fields: string): string => `layer { name: "l" type: "${type}" ${fields} }`;

describe('which fork a net is of', () => {
  test.each([
    ['Permute', 'permute_param { order: 1 }', 'ssd'],
    ['BN', 'bn_param { slope_filler { } frozen: true }', 'pspnet'],
    ['BN', 'bn_param { bn_mode: INFERENCE }', 'segnet'],
    ['ROIPooling', 'roi_pooling_param { pooled_w: 6 }', 'faster-rcnn'],
    ['PSROIPooling', 'psroi_pooling_param { spatial_scale: 1 output_dim: 2 group_size: 3 }', 'r-fcn'],
    ['ShuffleChannel', 'shuffle_channel_param { group: 3 }', 'shufflenet'],
    ['Reorg', 'reorg_param { stride: 2 }', 'eric612'],
    ['Interp', 'interp_param { zoom_factor: 2 }', 'pspnet'],
    ['Lstm', 'lstm_param { num_output: 3 }', 'junhyukoh'],
    ['PassThrough', 'pass_through_param { block_height: 2 }', 'nnie'],
    ['Pooling', 'pooling_param { pool: AVE_TF }', 'synopsys'],
    ['Eltwise', 'eltwise_param { operation: DIV }', 'synopsys'],
    ['Convolution', 'forward_type: FLOAT16', 'nvidia'],
    ['Convolution', 'convolution_param { engine: MKLDNN }', 'intel'],
  ])('%s with %s', (type, fields, fork) => {
    expect(schemaOf(parsePrototxt(layer(type, fields)))?.name).toBe(fork);
  });

  test("a net with BVLC's fields alone is BVLC's", () => {
    const net = parsePrototxt(layer('Axpy', 'bottom: "a"'));
    expect(schemaOf(net)).toBe(defaultSchema());
    expect(forksOf(net)).toBeUndefined();
  });

  test('a solver, too, is read without a schema', () => {
    const solver = parsePrototxt('net: "t" eval_type: "detection" ap_version: "11point"', { type: 'SolverParameter' });
    expect(schemaOf(solver)?.name).toBe('ssd');
    expect(formatPrototxt(solver)).toBe('net: "t"\neval_type: "detection"\nap_version: "11point"\n');
  });

  test('layers of old nets, by the names of their types', () => {
    const net = parsePrototxt('layers { name: "c" type: CROP }', { upgrade: false });
    expect(schemaOf(net)?.name).toBe('future');
  });
});

test("a type of BVLC's that a fork is too old for is taken over with the field", () => {
  const [ssd, tengine] = ['ssd', 'tengine'].map((name) => forks().find((fork) => fork.name === name)!);
  const evidence = evidenceOfText(layer('Clip', 'clip_param { min: 0 max: 1 }'));
  const { definition } = compose(ssd, 'caffe.NetParameter', evidence, [tengine!]);
  expect(ssd!.definition.messages['caffe.ClipParameter']).toBeUndefined();
  expect(definition.messages['caffe.ClipParameter']?.map(({ name }) => name)).toEqual(['engine', 'min', 'max']);
});

describe('a net with the fields of several forks', () => {
  const text = `${layer('Permute', 'permute_param { order: 1 }')}
    ${layer('BN', 'bn_param { bn_mode: INFERENCE }')}
    ${layer('Axpy', '')}
    ${layer('MarginInnerProduct', 'margin_inner_product_param { num_output: 2 }')}
    ${layer('UpsampleDarknet', 'upsample_darknet_param { stride: 2 }')}`;

  test('is read with the schemas of all of them', () => {
    const net = parsePrototxt(text);
    expect(schemaOf(net)?.name).toBe('synopsys+sphereface');
    expect(forksOf(net)).toEqual(['synopsys', 'sphereface']);
    expect(net.layer?.map(({ type }) => type)).toEqual([
      'Permute',
      'BN',
      'Axpy',
      'MarginInnerProduct',
      'UpsampleDarknet',
    ]);
    expect(net.layer?.[3]?.margin_inner_product_param).toEqual({ num_output: 2 });
  });

  test('says of each layer which forks have it', () => {
    const [permute, bn, axpy, margin, upsample] = parsePrototxt(text).layer!;
    expect(forksOf(permute!)).toContain('ssd');
    expect(forksOf(bn!)?.[0]).toBe('segnet');
    expect(forksOf(bn!)).not.toContain('pspnet');
    expect(forksOf(axpy!)).toEqual(['synopsys', 'sphereface']);
    expect(forksOf(margin!)).toEqual(['sphereface', 'happynear', 'py-rfcn-priv', 'pytorch-to-caffe']);
    expect(forksOf(upsample!)).toEqual(['synopsys']);
  });

  test('is written and read again, though two forks use one number', () => {
    const net = parsePrototxt(text);
    expect(decodeMessage('NetParameter', encodeNet(net), schemaOf(net))).toEqual(net);
    expect(formatPrototxt(parsePrototxt(formatPrototxt(net)))).toBe(formatPrototxt(net));
  });

  test('which mean different things by one message type', () => {
    const two = `${layer('Normalize', 'norm_param { across_spatial: false }')}
      ${layer('Normalize', 'normalize_param { normalize_type: "L1" }')} ${layer('Reverse', 'reverse_param { axis: 1 }')}`;
    const net = parsePrototxt(two);
    expect(net.layer?.map(({ norm_param, normalize_param }) => norm_param ?? normalize_param)).toEqual([
      { across_spatial: false },
      { normalize_type: 'L1' },
      undefined,
    ]);
    expect(decodeMessage('NetParameter', encodeNet(net), schemaOf(net))).toEqual(net);
  });

  test('of which one lacks a word of an enum', () => {
    const net = parsePrototxt(
      `${layer('Pooling', 'pooling_param { pool: DEF }')} ${layer('Pooling', 'pooling_param { pool: AVE_EXC_PAD }')}`,
    );
    expect(formatPrototxt(net)).toContain('pool: DEF\n');
    expect(formatPrototxt(net)).toContain('pool: AVE_EXC_PAD\n');
  });
});

describe('what a field may be held as', () => {
  test("a single kernel_size is a list, as with BVLC's schema", () => {
    const text = layer('Convolution', 'convolution_param { kernel_size: 3 }');
    const read = (name: string) => parsePrototxt(text, { schema: forkSchema(name) }).layer?.[0]?.convolution_param;
    expect(read('segnet')).toEqual({ kernel_size: [3] });
    expect(read('segnet')).toEqual(parsePrototxt(text).layer?.[0]?.convolution_param);
  });

  test('two of them are none for a schema that has room for one', () => {
    const net = parsePrototxt(layer('Convolution', 'convolution_param { kernel_size: 3 kernel_size: 5 }'));
    expect(() => formatPrototxt(net, { schema: forkSchema('segnet') })).toThrow(
      "1:59: layer 'l' (Convolution): expected one value, got a list of 2",
    );
    expect(() => encodeNet(net, forkSchema('segnet'))).toThrow(
      "layer 'l' (Convolution): convolution_param.kernel_size: expected one value, got a list of 2",
    );
  });

  test("several kernel sizes of a pooling layer are a list, one is a number, as with BVLC's schema", () => {
    const read = (sizes: string) =>
      parsePrototxt(layer('Pooling', `pooling_param { ${sizes} }`), { schema: forkSchema('vnet') }).layer?.[0]
        ?.pooling_param;
    expect(read('kernel_size: 3')).toEqual({ kernel_size: 3 });
    expect(read('kernel_size: [1, 2, 2]')).toEqual({ kernel_size: [1, 2, 2] });
  });

  test('an enum goes by its name from one schema to the other', () => {
    const net = parsePrototxt(layer('SoftmaxWithLoss', 'loss_param { normalization: NONE }'));
    const written = encodeNet(net, forkSchema('r-fcn'));
    expect(decodeMessage('NetParameter', written, forkSchema('r-fcn')).layer?.[0]?.loss_param).toEqual({
      normalization: 4,
    });
    expect(formatPrototxt(net, { schema: forkSchema('r-fcn') })).toContain('normalization: NONE');
  });

  test('an enum value that the other schema lacks is refused by its name', () => {
    const net = parsePrototxt(layer('Pooling', 'pooling_param { pool: LOWRES }'));
    expect(() => formatPrototxt(net, { schema: forkSchema('ssd') })).toThrow(
      "1:51: layer 'l' (Pooling): expected a PoolMethod (MAX = 0, AVE = 1, STOCHASTIC = 2), got 'LOWRES'",
    );
  });
});

describe('what other forks take otherwise', () => {
  test('is said once for a layer type, with its place', () => {
    parsePrototxt(layer('BN', 'bn_param { }'), { file: 'net.prototxt' });
    expect(remarks).toEqual([
      "net.prototxt:1:30: layer 'l' (BN): bn_param is taken as SegNet (segnet) has it; pspnet, yjxiong, and happynear have it otherwise: name the schema if the net is of one of them",
    ]);
  });

  test('is not said where the fields leave no doubt', () => {
    parsePrototxt(layer('BN', 'bn_param { slope_filler { } bias_filler { } }'));
    parsePrototxt(layer('Permute', 'permute_param { order: 0 }'));
    parsePrototxt(layer('BN', 'bn_param { }'), { schema: forkSchema('pspnet') });
    expect(remarks).toEqual([]);
  });

  test('numbers: said when a net is written', () => {
    encodeNet(parsePrototxt(layer('Permute', 'permute_param { order: 0 }')));
    expect(remarks).toEqual([
      'the net is written with the field numbers of SSD (ssd): name the schema if it is for another Caffe',
    ]);
    remarks = [];
    encodeNet(parsePrototxt(layer('Permute', 'permute_param { order: 0 }')), forkSchema('cambricon'));
    expect(remarks).toEqual([]);
  });
});

describe('a message that a program made', () => {
  const net = { layer: [{ name: 'p', type: 'Permute', permute_param: { order: [1, 0] } }] };

  test('is printed and written with the schema that its fields are of', () => {
    expect(formatPrototxt(net)).toBe(
      'layer {\n  name: "p"\n  type: "Permute"\n  permute_param {\n    order: 1\n    order: 0\n  }\n}\n',
    );
    expect(decodeMessage('NetParameter', encodeNet(net), forkSchema('ssd'))).toEqual(net);
  });

  test('is refused where a value is wrong, whichever fork may have wider ones', () => {
    expect(() => encodeNet({ layer: [{ name: 'c', inner_product_param: { axis: 2 ** 31 } }] })).toThrow(
      'expected a whole number -2147483648 … 2147483647, got 2147483648',
    );
  });

  test('is refused where no Caffe has a field', () => {
    const typo = { layer: [{ name: 'p', type: 'Permute', permut_param: {} }] } as object;
    expect(() => formatPrototxt(typo)).toThrow("layer 'p' (Permute): LayerParameter has no field permut_param");
  });

  test('is refused with a schema that lacks a field, saying whose it is', () => {
    expect(() => formatPrototxt(net, { schema: forkSchema('segnet') })).toThrow(
      "layer 'p' (Permute): LayerParameter has no field permute_param\nhint: SSD has it, SegNet does not",
    );
    expect(() => encodeNet(net, defaultSchema())).toThrow(
      "layer 'p' (Permute): LayerParameter has no field permute_param\nhint: SSD has it, BVLC's Caffe does not",
    );
  });
});

describe('hints for a field that is not there', () => {
  const refusal = (text: string, options = {}): string => {
    try {
      parsePrototxt(text, options);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('was accepted');
  };
  const giveProto = 'give the caffe.proto of the Caffe that the net is for';

  test.each([
    ['GroupNorm', 'group_norm_param'],
    ['PwAttend', 'pw_attend_param'],
    ['PoolingND', 'pooling_nd_param'],
  ])('the settings of a layer type that nobody knows are not taken for a misspelt field: %s', (type, field) => {
    expect(formatPrototxt(parsePrototxt(layer(type, `${field} { }`)))).toContain(`${field} {\n  }\n`);
  });

  test('a misspelt field of a fork gets the nearest', () => {
    expect(refusal(layer('Permute', 'permut_param { }'))).toContain("hint: did you mean 'permute_param'?");
    expect(refusal(layer('Permute', 'permute_param { ordre: 1 }'))).toContain("hint: did you mean 'order'?");
  });

  test("a layer type of 2014 that nobody knows is not taken for one of BVLC's with a slip", () => {
    expect(refusal('layers { type: MCWINDOW_DATA }')).toContain(
      `hint: no Caffe that netspec knows has layers of type MCWINDOW_DATA: ${giveProto}`,
    );
    expect(refusal('layers { type: CONVOLUTON }')).toContain("hint: did you mean 'CONVOLUTION'?");
  });

  test('with a schema that lacks what others have, whose it is; and that reading without one succeeds', () => {
    const text = layer('Permute', 'permute_param { order: 1 }');
    expect(refusal(text, { schema: forkSchema('pspnet') })).toContain(
      'hint: SSD has it, PSPNet does not: read it without a schema, or with that one (ssd)',
    );
    expect(refusal(text, { schema: defaultSchema() })).toContain(
      "hint: SSD has it, BVLC's Caffe does not: read it without a schema, or with that one (ssd)",
    );
    expect(() => parsePrototxt(text)).not.toThrow();
    expect(() => parsePrototxt(text, { schema: forkSchema('ssd') })).not.toThrow();
  });

  test("with a schema older than the net, that BVLC's Caffe has it", () => {
    expect(refusal(layer('BatchNorm', 'batch_norm_param { eps: 1 }'), { schema: forkSchema('segnet') })).toContain(
      "hint: BVLC's Caffe has it, SegNet does not: read it without a schema, or with a newer one",
    );
  });
});

test('a field of a fork with a value of another kind', () => {
  const text = 'layers { name: "d" type: DATA top: "d" enable: false }';
  expect(() => parsePrototxt(text)).toThrow(
    /has no field named "enable".\nhint: .+ has enable, but not with such a value$/,
  );
});

describe('templates, whose places are not filled in', () => {
  const permute = layer('Permute', 'permute_param { order: 0 }');

  test.each([
    ['$N_CLASSES', 'Expected integer, got: $'],
    ['N_CLASSES', 'Expected integer, got: N_CLASSES'],
    ['cls3x', 'Expected integer, got: cls3x'],
  ])('num_output: %s in a net of a fork', (place, reason) => {
    const net = `${permute}\n${layer('InnerProduct', `inner_product_param { num_output: ${place} }`)}`;
    const said = messageOf(() => parsePrototxt(net));
    expect(said).toContain(reason);
    expect(said).toContain('\nhint: if this is a template, fill in its values first');
  });
});
