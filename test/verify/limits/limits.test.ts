/** Tolerances and limits of measures for some layers, and baselines, on a small net. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  baselineOf,
  compareWithBaseline,
  formatBaseline,
  fromTensors,
  Net,
  parseBaseline,
  parseToleranceRules,
  verify,
  type ToleranceRules,
  type VerifyOptions,
} from '../../../src/index.js';
import { identityMap } from '../../../src/weights/maps/identity.js';

const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 } } }
layer { name: "twice" type: "Power" bottom: "data" top: "twice" power_param { scale: 2 } }
layer { name: "shifted" type: "Power" bottom: "twice" top: "shifted" power_param { shift: 1 } }
layer { name: "prob" type: "Softmax" bottom: "shifted" top: "prob" }
`;
const X = [0.5, -1, 2, 1];

let net: Net;
beforeAll(async () => {
  net = await Net.load(NET);
});
afterAll(() => net.dispose());
beforeEach(() => net.blobs.get('data')!.data.set(X));

const shape = [1, 4];
const twice = X.map((x) => 2 * x);
/** `twice` is off by 1 %: cosine 1, sqnr 40 dB. */
const REFERENCES = {
  twice: { shape, data: Float32Array.from(twice, (v) => v * 1.01) },
  shifted: { shape, data: Float32Array.from(twice, (v) => v + 1) },
};

function run(options: Partial<VerifyOptions>, references = REFERENCES) {
  return verify(net, { references: fromTensors(references, 'refs'), map: identityMap(), diagnose: false, ...options });
}

const statusOf = async (tolerances: ToleranceRules): Promise<string> =>
  (await run({ tolerances })).layers.find(({ name }) => name === 'twice')!.status;

describe('tolerances', () => {
  test.each<[string, ToleranceRules, 'agrees' | 'diverges']>([
    ['none', {}, 'diverges'],
    ['of the layer', { layers: { twice: { rtol: 0.02 } } }, 'agrees'],
    ['of another layer', { layers: { shifted: { rtol: 0.02 } } }, 'diverges'],
    ['of a pattern', { patterns: { 'tw.*': { rtol: 0.02 } } }, 'agrees'],
    ['of the type', { types: { Power: { atol: 0.05 } } }, 'agrees'],
    ['of all', { default: { atol: 0.05 } }, 'agrees'],
    ['of the layer before the type', { layers: { twice: { rtol: 1e-5 } }, types: { Power: { rtol: 1 } } }, 'diverges'],
    ['of a pattern before all', { patterns: { twice: { rtol: 1e-5 } }, default: { rtol: 1 } }, 'diverges'],
    ['limits alone decide', { layers: { twice: { cosine: 0.999 } } }, 'agrees'],
    ['limits that do not hold', { layers: { twice: { sqnr: 45 } } }, 'diverges'],
    ['limits and a tolerance hold both', { layers: { twice: { rtol: 0.02, sqnr: 45 } } }, 'diverges'],
    ['limits that hold, and a tolerance that does not', { layers: { twice: { rtol: 1e-3, sqnr: 35 } } }, 'diverges'],
    ['a limit of what does not apply', { layers: { twice: { 'top-1': 1, rtol: 0.02 } } }, 'agrees'],
  ])('%s', async (_, tolerances, status) => {
    expect(await statusOf(tolerances)).toBe(status);
  });

  test('a limit that does not hold is told, and the layer is a divergence', async () => {
    const report = await run({ tolerances: { layers: { twice: { sqnr: 45 } } } });
    expect(report.ok).toBe(false);
    expect(report.firstDivergence).toMatchObject({ name: 'twice', failed: ['sqnr 40.1, at least 45'] });
  });

  test('the search for a cause takes a layer by its own tolerance', async () => {
    const report = await run({ diagnose: true, tolerances: { layers: { twice: { rtol: 0.02 } } } });
    expect(report).toMatchObject({ ok: true, points: [] });
    const strict = await run({ diagnose: true, tolerances: { default: { rtol: 1e-5 } } });
    expect(strict.firstIsolated?.name).toBe('twice');
  });

  test.each<[ToleranceRules, string]>([
    [{ layers: { twise: { rtol: 1 } } }, "tolerances: the net has no layer 'twise'\nhint: did you mean 'twice'?"],
    [{ types: { Pwer: { rtol: 1 } } }, "tolerances: there is no layer type 'Pwer'\nhint: did you mean 'Power'?"],
    [
      { patterns: { wice: { rtol: 1 } } },
      "tolerances: no layer's name is matched by the pattern 'wice'\nhint: it must match the whole name, as '.*wice.*' would",
    ],
    [{ default: { cosin: 1 } }, "default: there is no measure 'cosin'\nhint: did you mean 'cosine'?"],
    [{ default: { rtol: NaN } }, 'default: rtol: expected a number, got NaN'],
    [{ default: { atol: -1 } }, 'default: atol: expected a number of 0 or more, got -1'],
    [
      { defaults: {} } as ToleranceRules,
      "tolerances have no member 'defaults'; theirs are layers, patterns, types, default\nhint: did you mean 'default'?",
    ],
  ])('%j is refused', async (tolerances, message) => {
    await expect(run({ tolerances })).rejects.toThrow(message);
  });

  test('a file is told by its name and place', () => {
    expect(() => parseToleranceRules('{ "layers": ', 't.json')).toThrow('t.json:1:13: is no JSON: expected a value');
    expect(() => parseToleranceRules('[]', 't.json')).toThrow('t.json: expected an object of tolerances, got []');
    expect(() => parseToleranceRules('{ "patterns": { "(": {} } }', 't.json')).toThrow(
      "t.json: '(' is no regular expression",
    );
    expect(() => parseToleranceRules('{ "default": { "first-non-finite": 1 } }')).toThrow(
      "default: 'first-non-finite' has no better or worse, and so no limit",
    );
  });
});

describe('measures', () => {
  test('are taken of each top, those of outputs only there', async () => {
    net.blobs.get('data')!.data.set(X);
    const prob = { shape, data: Float32Array.of(0.1, 0.1, 0.7, 0.1) };
    const { layers } = await run({ metrics: ['rmse', 'top-1'] }, { ...REFERENCES, prob } as typeof REFERENCES);
    expect(layers.map(({ name, measures = {} }) => [name, ...Object.keys(measures)])).toEqual([
      ['twice', 'rmse'],
      ['shifted', 'rmse'],
      ['prob', 'rmse', 'top-1'],
    ]);
    expect(layers.at(-1)!.measures!['top-1']).toBe(1);
  });

  test('a name that none has is refused', async () => {
    await expect(run({ metrics: ['rms'] })).rejects.toThrow(
      "options.metrics: there is no measure 'rms'\nhint: did you mean 'rmse'?",
    );
  });
});

/** A net whose output stands for detections, which may be of another number than the reference's. */
test('detections of another number agree where a limit of boxes says so', async () => {
  const detector = await Net.load(
    'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 2 dim: 7 } } }\n' +
      'layer { name: "found" type: "Power" bottom: "data" top: "found" }',
  );
  try {
    detector.blobs.get('data')!.data.set([0, 1, 0.9, 0, 0, 1, 1, 0, 2, 0.3, 2, 2, 3, 3]);
    const found = { shape: [1, 1, 1, 7], data: Float32Array.of(0, 1, 0.8, 0, 0, 1, 1) };
    const references = fromTensors({ found }, 'refs');
    const options = { references, map: identityMap(), diagnose: false };
    const { layers } = await verify(detector, { ...options, metrics: ['boxes'] });
    expect(layers).toMatchObject([{ status: 'shape differs', measures: { boxes: 2 / 3 } }]);
    const limited = await verify(detector, { ...options, tolerances: { layers: { found: { boxes: 0.6 } } } });
    expect(limited).toMatchObject({ ok: true, layers: [{ status: 'agrees' }] });
    const strict = await verify(detector, { ...options, tolerances: { layers: { found: { boxes: 0.9 } } } });
    expect(strict.layers).toMatchObject([{ status: 'shape differs', failed: ['boxes 0.667, at least 0.9'] }]);
  } finally {
    detector.dispose();
  }
});

describe('a baseline', () => {
  const layersOf = async (factor: number) =>
    (await run({}, { ...REFERENCES, twice: { shape, data: Float32Array.from(twice, (v) => v * factor) } })).layers;

  test('nothing is worse than itself, read from its file', async () => {
    const layers = await layersOf(1.01);
    const before = parseBaseline(formatBaseline(baselineOf(layers)));
    expect(before).toEqual(baselineOf(layers));
    expect(compareWithBaseline(layers, before)).toEqual({ worse: [], missing: [], added: [], ok: true });
  });

  test('a layer that fails as before is none, one that fails more is a regression', async () => {
    const before = baselineOf(await layersOf(1.01));
    expect(compareWithBaseline(await layersOf(1.0101), before).ok).toBe(true);
    const after = compareWithBaseline(await layersOf(1.03), before);
    expect(after.ok).toBe(false);
    expect(after.worse).toEqual([{ layer: 'twice', what: 'max-abs was 0.04, is 0.12; max-rel was 0.0099, is 0.0291' }]);
  });

  test('a layer that agreed and does not any more is a regression, one that is not compared any more too', async () => {
    const before = baselineOf(await layersOf(1));
    const [first, ...others] = await layersOf(1.01);
    expect(compareWithBaseline([first!, ...others], before).worse[0]!.what).toContain('agreed, now diverges');
    expect(compareWithBaseline(others, before)).toMatchObject({ missing: ['twice'], ok: false });
    expect(compareWithBaseline(others, baselineOf([]))).toMatchObject({ added: ['shifted'], ok: true });
  });

  test('NaN is written, and is worse than a number', async () => {
    const before = baselineOf(await layersOf(1.01));
    const spoilt = baselineOf(await layersOf(NaN));
    expect(parseBaseline(formatBaseline(spoilt)).layers.twice!.measures['max-abs']).toBeNaN();
    expect(compareWithBaseline(await layersOf(NaN), before).worse).toHaveLength(1);
    expect(compareWithBaseline(await layersOf(NaN), spoilt).ok).toBe(true);
  });

  test.each([
    ['{}', 'b.json: is no baseline\nhint: netspec verify --save-baseline FILE writes one'],
    ['{ "kind": "netspec-baseline", "layers": { "a": 1 } }', 'b.json: layers: a: expected figures, got 1'],
    [
      '{ "kind": "netspec-baseline", "layers": { "a": { "status": "agrees", "measures": { "cosine": "x" } } } }',
      'b.json: layers: a: expected figures',
    ],
  ])('%s is none', (text, message) => {
    expect(() => parseBaseline(text, 'b.json')).toThrow(message);
  });
});
