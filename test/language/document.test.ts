/** What editors ask of a prototxt: of one that parses, and of one that is being typed. `|` marks the cursor. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PrototxtDocument, formatPrototxt, parsePrototxt } from '../../src/index.js';
import { withEdits } from '../../src/proto/text/edit.js';

const NET = `name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer {
  name: "conv1"
  type: "Convolution"
  bottom: "data"
  top: "conv1"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
`;

/** A text with its cursor. */
function at(marked: string): { document: PrototxtDocument; offset: number } {
  const offset = marked.indexOf('|');
  return { document: new PrototxtDocument(marked.slice(0, offset) + marked.slice(offset + 1)), offset };
}

/** The net with the cursor in front of the n-th occurrence of some words. */
function atWords(words: string, n = 1): { document: PrototxtDocument; offset: number } {
  let offset = -1;
  for (let i = 0; i < n; i++) offset = NET.indexOf(words, offset + 1);
  return { document: new PrototxtDocument(NET), offset };
}

const labels = async (marked: string): Promise<string[]> => {
  const { document, offset } = at(marked);
  return (await document.completions(offset)).map(({ label }) => label);
};

describe('diagnostics', () => {
  const problems = async (text: string) => {
    const document = new PrototxtDocument(text);
    const found = await document.diagnostics();
    return found.map(({ start, end, severity, code, message }) => ({
      at: text.slice(start, end),
      severity,
      code,
      message,
    }));
  };

  test('a net without mistakes has none', async () => {
    expect(await problems(NET)).toEqual([]);
    expect(await problems('')).toEqual([]);
    expect(await problems('base_lr: 0.1\nlr_policy: "fixed"\nnet: "net.prototxt"')).toEqual([]);
  });

  test('an unknown field and an unknown value stand at their words, each layer for itself', async () => {
    const text = NET.replace('pad: 1', 'padd: 1').replace('pool: MAX', 'pool: MX');
    expect(await problems(text)).toEqual([
      {
        at: 'padd',
        severity: 'error',
        code: 'syntax',
        message: 'Message type "caffe.ConvolutionParameter" has no field named "padd".\nhint: did you mean \'pad\'?',
      },
      {
        at: 'MX',
        severity: 'error',
        code: 'syntax',
        message: 'Unknown enumeration value of "MX" for field "pool".\nhint: did you mean \'MAX\'?',
      },
    ]);
  });

  test('a brace that is missing is missed where it was opened, and the layers behind it are read', async () => {
    const text = NET.replace('pad: 1 }\n}', 'pad: 1 }').replace('pool: MAX', 'pool: MX');
    expect((await problems(text)).map(({ at: place, message }) => [place, message.split('\n')[0]])).toEqual([
      ['layer', 'The } of layer, opened at 3:1, is missing.'],
      ['MX', 'Unknown enumeration value of "MX" for field "pool".'],
    ]);
  });

  test('columns count characters, also behind tabs and letters outside ASCII', async () => {
    const text = 'name: "日本𝄞"\tlayer {\t name: "ü" typ: "ReLU" }';
    expect((await problems(text)).map((each) => each.at)).toEqual(['typ']);
  });

  test('a layer that does not fit, and what the lint finds', async () => {
    const text = NET.replace('bottom: "conv1" top: "pool1"', 'bottom: "conv2" top: "pool1"');
    const [first] = await problems(text);
    expect(first).toMatchObject({ severity: 'error', code: 'does-not-build' });
    expect(first!.message).toContain("Unknown bottom blob 'conv2'");
    const twice = NET.replace('name: "relu1"', 'name: "conv1"');
    expect(await problems(twice)).toMatchObject([{ at: 'conv1', severity: 'error', code: 'duplicate-name' }]);
  });

  test("a fork's field is known without being told", async () => {
    const norm = 'layer { name: "n" type: "Normalize" bottom: "pool1" top: "n" norm_param { across_spatial: false } }';
    expect(await problems(NET + norm)).toEqual([]);
  });
});

describe('completion', () => {
  test('fields of a layer: the common ones, those of its type, and none of other types', async () => {
    const found = await labels(NET.replace('pad: 1 }\n', 'pad: 1 }\n  |\n'));
    expect(found.slice(0, 2)).toEqual(['bottom', 'top']);
    expect(found).toContain('param');
    // Written already, or of another type.
    for (const name of ['name', 'type', 'convolution_param', 'pooling_param']) expect(found).not.toContain(name);
    const fresh = await labels('layer { type: "Convolution" | }');
    expect(fresh.slice(0, 4)).toEqual(['name', 'bottom', 'top', 'convolution_param']);
  });

  test('fields of settings, with the word that is being typed replaced', async () => {
    const { document, offset } = at('layer { type: "Pooling" pooling_param { ker| } }');
    const found = await document.completions(offset);
    const [item] = found.filter(({ label }) => label === 'kernel_size');
    expect(item).toMatchObject({ before: 'kernel_size: ', after: '', detail: 'uint32 kernel_size', end: offset });
    expect(document.text.slice(item!.start, item!.end)).toBe('ker');
    expect(item!.doc).not.toBe('');
  });

  test.each([
    ['enum values', 'layer { pooling_param { pool: | } }', ['MAX', 'AVE', 'STOCHASTIC']],
    ['booleans', 'layer { convolution_param { bias_term: t| } }', ['true', 'false']],
    [
      'the types of fillers',
      'layer { convolution_param { weight_filler { type: "x|" } } }',
      ['xavier', 'msra', 'constant'],
    ],
    ['layer types', 'layer { type: "Conv|" }', ['Convolution', 'Pooling', 'PriorBox']],
    ['phases', 'layer { include { phase: | } }', ['TRAIN', 'TEST']],
  ])('%s', async (_, marked, expected) => {
    expect(await labels(marked)).toEqual(expect.arrayContaining(expected));
  });

  test('blobs that layers above make, the nearest first, and none that come later', async () => {
    const marked = NET.replace('bottom: "conv1" top: "pool1"', 'bottom: "|" top: "pool1"');
    expect(await labels(marked)).toEqual(['conv1', 'data']);
    const { document, offset } = at(marked);
    expect((await document.completions(offset)).map(({ detail }) => detail)).toEqual(['1x4x8x8', '1x3x8x8']);
  });

  test('shapes stay known while the text cannot be read', async () => {
    const before = new PrototxtDocument(NET);
    await before.facts();
    const marked = `${NET}layer { bottom: "`;
    const items = await before.changed(marked).completions(marked.length);
    expect(items.map(({ label, detail }) => [label, detail])).toEqual([
      ['pool1', '1x4x4x4'],
      ['conv1', '1x4x8x8'],
      ['data', '1x3x8x8'],
    ]);
  });

  test('a top may be called like its layer or like its bottom', async () => {
    expect(await labels('layer { name: "relu1" bottom: "conv1" top: "|" }')).toEqual(['relu1', 'conv1']);
  });

  test.each(['# a comment |', 'layer { nosuch { | } }', 'layer { name: "|" }'])('nothing in %j', async (marked) => {
    expect(await labels(marked)).toEqual([]);
  });

  test('every prefix of a net is answered', async () => {
    for (let end = 0; end <= NET.length; end += 7) {
      const document = new PrototxtDocument(NET.slice(0, end));
      await document.completions(end);
      await document.hover(Math.max(0, end - 1));
      document.outline();
      document.definition(end);
      expect(document.positionOf(end)).toEqual(new PrototxtDocument(NET).positionOf(end));
    }
  });
});

describe('hover', () => {
  test("a field's declaration, default and doc", async () => {
    const { document, offset } = atWords('stride: 2');
    const hover = await document.hover(offset + 1);
    expect(hover!.title).toBe('uint32 stride = 1');
    expect(hover!.paragraphs).toHaveLength(1);
  });

  test("a layer's formula, shapes and cost", async () => {
    const { document, offset } = atWords('"Convolution"');
    const hover = await document.hover(offset + 3);
    expect(hover!.title).toBe('conv1 (Convolution)');
    expect(hover!.paragraphs).toEqual(
      expect.arrayContaining([
        'Reads data: 1x3x8x8',
        'Writes conv1: 1x4x8x8',
        'Parameters 4x3x3x3, 4',
        // 4 outputs of 8x8, each 3x3x3 products.
        '6,912 multiply-accumulates',
      ]),
    );
    // Formula and doc before these.
    expect(hover!.paragraphs).toHaveLength(6);
  });

  test('a blob with its shape, its in-place layers and its readers', async () => {
    const { document, offset } = atWords('conv1" top: "pool1"');
    expect(await document.hover(offset)).toMatchObject({
      title: 'conv1: 1x4x8x8',
      paragraphs: ['Made by conv1', 'Overwritten in place by relu1', 'Read by pool1'],
    });
  });

  test('a value of an enum', async () => {
    const { document, offset } = atWords('MAX');
    expect((await document.hover(offset))!.title).toBe('PoolMethod.MAX = 0');
  });

  test('the layers before one that cannot be built have shapes', async () => {
    const text = `${NET}layer { name: "sum" type: "Eltwise" bottom: "pool1" bottom: "data" top: "sum" }`;
    const document = new PrototxtDocument(text);
    expect((await document.hover(text.indexOf('pool1" bottom')))!.title).toBe('pool1: 1x4x4x4');
  });
});

describe('blobs', () => {
  test('the layer that makes a blob is found past those that overwrite it', () => {
    const { document, offset } = atWords('conv1" top: "pool1"');
    const [place, ...others] = document.definition(offset);
    expect(others).toEqual([]);
    expect(place!.start).toBe(NET.indexOf('top: "conv1"') + 'top: "'.length);
  });

  test('layers of two phases make one blob', () => {
    const layer = (phase: string) => `layer { name: "data" type: "Data" top: "data" include { phase: ${phase} } }\n`;
    const text = layer('TRAIN') + layer('TEST') + 'layer { name: "r" type: "ReLU" bottom: "data" top: "r" }';
    expect(new PrototxtDocument(text).definition(text.indexOf('data" top: "r"'))).toHaveLength(2);
  });

  test('renaming changes the whole in-place chain and no layer name', () => {
    const { document, offset } = atWords('conv1" top: "pool1"');
    const renamed = withEdits(NET, document.rename(offset, 'features'));
    expect(renamed).toBe(NET.replaceAll(/(top|bottom): "conv1"/g, '$1: "features"'));
    expect(renamed).toContain('name: "conv1"');
    expect(document.references(offset)).toHaveLength(4);
  });

  test.each([
    ['pool1', "there is a blob 'pool1' already"],
    ['', 'the name of a blob has at least one character, and no quotes, backslashes or line ends'],
    ['a"b', 'the name of a blob has at least one character, and no quotes, backslashes or line ends'],
  ])('no blob becomes %j', (name, message) => {
    const { document, offset } = atWords('data"', 2);
    expect(() => document.rename(offset, name)).toThrow(message);
  });

  test('only blobs can be renamed', () => {
    const { document, offset } = atWords('num_output');
    expect(document.renameRange(offset)).toBeUndefined();
    expect(() => document.rename(offset, 'x')).toThrow('no blob is named here');
  });
});

test('the outline has the layers with their types and settings, also of a text with errors', () => {
  const items = new PrototxtDocument(NET.replace('pad: 1 }\n}', 'pad: ')).outline();
  expect(items.map(({ name, detail, kind }) => [name, detail, kind])).toEqual([
    ['name', 'small', 'field'],
    ['data', 'Input', 'layer'],
    ['conv1', 'Convolution', 'layer'],
    ['relu1', 'ReLU', 'layer'],
    ['pool1', 'Pooling', 'layer'],
  ]);
  expect(items[2]!.children.map(({ name }) => name)).toEqual(['convolution_param']);
});

describe('formatting', () => {
  const formatted = (text: string): string => {
    const edit = new PrototxtDocument(text).format();
    return edit ? withEdits(text, [edit]) : text;
  };
  const folder = path.join(import.meta.dirname, '../fixtures/nets');
  const nets = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.prototxt'));

  test.each(nets)('%s without its comments is printed as protobuf prints it', (name) => {
    const text = readFileSync(path.join(folder, name), 'utf8').replace(/^\s*#.*$/gm, '');
    expect(formatted(text)).toBe(formatPrototxt(parsePrototxt(text, { upgrade: false })));
  });

  test('numbers, strings, lists and braces are written in one way', () => {
    const text = `layer < name: 'it''s' top: ["a", "b"]; pooling_param: { stride: 0x2, kernel_size: 03 pool: 1 } >`;
    expect(formatted(text)).toBe(`layer {
  name: "its"
  top: "a"
  top: "b"
  pooling_param {
    pool: AVE
    kernel_size: 3
    stride: 2
  }
}
`);
  });

  test('comments stay where they belong, and none is lost', () => {
    const text = `# The net.

# About the layer.
layer { # opened
  # About the type.
  type: "ReLU" # not learned
  name: "relu" relu_param { negative_slope: 0.10 # leaky
  } # closed
  # The end of the layer.
}
# The end.
`;
    expect(formatted(text)).toBe(`# The net.

# About the layer.
layer { # opened
  name: "relu"
  # About the type.
  type: "ReLU" # not learned
  relu_param {
    negative_slope: 0.1 # leaky
  } # closed
  # The end of the layer.
}
# The end.
`);
  });

  test('comments in odd places are kept, and a second run changes nothing', () => {
    const text = `layer { #a
name #b
: #c
"x" #d
top: [ #e
"p", #f
"q" #g
] #h
}#i`;
    const once = formatted(text);
    for (const letter of 'abcdefghi') expect(once.split(`#${letter}`)).toHaveLength(2);
    expect(parsePrototxt(once, { upgrade: false })).toEqual(parsePrototxt(text, { upgrade: false }));
    expect(formatted(once)).toBe(once);
  });

  test('a text that cannot be read is left alone', () => {
    expect(new PrototxtDocument('layer {\nname: ').format()).toBeUndefined();
  });
});

describe('code actions', () => {
  const titles = async (marked: string) => {
    const { document, offset } = at(marked);
    const actions = await document.actions({ start: offset, end: offset });
    return actions.map(({ title, edit }) => [title, withEdits(document.text, [edit])]);
  };

  test('the nearest name of a field, of a value and of a layer type', async () => {
    expect(await titles('layer { pooling_param { kernelsiz|: 2 } }')).toEqual([
      ['write kernel_size', 'layer { pooling_param { kernel_size: 2 } }'],
    ]);
    expect(await titles('layer { pooling_param { pool: "M|AX" } }')).toEqual([
      ['write MAX', 'layer { pooling_param { pool: MAX } }'],
    ]);
    const [first] = await titles(NET.replace('"Convolution"', '"Convolu|toin"'));
    expect(first).toEqual(['write Convolution', NET]);
  });

  test("the lint's exact edits, with all else as it was written", async () => {
    const net = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 } } }
# A note.
layer { name: "relu" type: "ReLU" bottom: "data" top: "relu" pooling_param { kernel_size: 2 } } # kept
`;
    const [first] = await titles(net.replace('pooling_param', 'pooling|_param'));
    expect(first).toEqual(['take it out', net.replace('pooling_param { kernel_size: 2 } ', '')]);
  });
});
