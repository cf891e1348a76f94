/** onnx-references: an ONNX model as what `verify` holds a net against: its inputs, its map, and what is said of its values. */
import path from 'node:path';
import { statSync } from 'node:fs';
import { NetspecError, didYouMean } from '../../errors.js';
import type { OnnxModelFile, OnnxReferences } from '../../node/onnx-references.js';
import type { Net } from '../../runtime/net.js';
import type { NetReferences } from '../../verify/against.js';
import type { VerifyReport } from '../../verify/result.js';
import type { NameMap, RuleFile } from '../../weights/maps/index.js';
import type { Tensor } from '../../weights/source.js';
import type { CommandContext } from './command.js';
import { feedableNames, setInputs } from './load-net.js';
import { print } from './print.js';
import { randomValues } from './random-input.js';
import type { ModelSummary } from './model-summary.js';
import type { OpenReferences, ReferenceOptions } from './open-references.js';
import { parsePairs } from './values.js';

/**
 * Opens a model.
 * @throws NetspecError when it is none
 */
export async function onnxReferences(
  file: string,
  options: ReferenceOptions,
  context: CommandContext,
): Promise<OpenReferences> {
  const { OnnxModelFile } = await import('../../node/onnx-references.js');
  const known = await mapOf(options);
  const model = await OnnxModelFile.open(file, known?.inputs);
  let ran: OnnxReferences | undefined;
  return {
    setInputs: (net) => setNetInputs(net, model, options, context),
    shapesOfSteppedOver: async (net, state) => {
      const { shapesFromReferences } = await import('../../verify/reference-shapes.js');
      const { fromShapes } = await import('../../weights/source.js');
      const source = fromShapes(model.shapes(await inputShapes(model, options)), file);
      return shapesFromReferences(net, source, { ...state, map: known?.map });
    },
    forNet: async (net): Promise<NetReferences> => {
      // A mended port is held against the same values, whatever is done to its inputs.
      if (ran) return { references: ran.references, map: known?.map ?? ran.map };
      ran = await model.referencesFor(net, {
        inputs: await ownInputs(net, model, options, context),
        map: known?.map,
        ...(known?.values && { wanted: new Set(known.values.values()) }),
      });
      for (const remark of ran.remarks) print(context.stderr, `note: ${remark}`);
      return ran;
    },
    model: (net, report) => summaryOf(net, report, { file, ran: ran!, known }),
    forget: () => {
      ran = undefined;
    },
    close: () => Promise.resolve(),
  };
}

/** A map, and what it was read from. */
interface KnownMap {
  map: NameMap;
  /** Values by the layers or tops that hold them, where `import` wrote it: then no others are compared. */
  values?: ReadonlyMap<string, string>;
  /** Of inputs of the model that are constants of the net. */
  inputs?: ReadonlyMap<string, readonly number[]>;
}

/** The map that is asked for, or the one that `import` wrote beside the net. */
async function mapOf({ map, net }: ReferenceOptions): Promise<KnownMap | undefined> {
  const { loadNameMap, readText } = await import('../../node.js');
  const { parseRuleJson } = await import('../../weights/maps/index.js');
  if (map === 'blobs') return undefined;
  if (map !== 'auto') {
    const loaded = await loadNameMap(map);
    const isFile = statSync(map, { throwIfNoEntry: false })?.isFile() && map.endsWith('.json');
    return { map: loaded, ...(isFile && { inputs: inputsOf(parseRuleJson(await readText(map), map) as RuleFile) }) };
  }
  const file = path.join(path.dirname(net), 'map.json');
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  const { valuesOfMap } = await import('../../onnx/value-map.js');
  const rules = parseRuleJson(await readText(file), file) as RuleFile;
  const values = valuesOfMap(rules);
  return values && { map: await loadNameMap(file), values, inputs: inputsOf(rules) };
}

function inputsOf({ inputs = {} }: RuleFile): ReadonlyMap<string, readonly number[]> {
  return new Map(Object.entries(inputs));
}

/** Sets those inputs of the net that are given; the others may be inner values of the model, or are set at random. */
async function setNetInputs(
  net: Net,
  model: OnnxModelFile,
  { input }: ReferenceOptions,
  context: CommandContext,
): Promise<void> {
  const ofNet = feedableNames(net);
  const ofModel = model.inputNames;
  const pairs = parsePairs('input', input);
  for (const name of pairs.keys())
    if (!ofNet.includes(name) && !ofModel.includes(name))
      throw new NetspecError(
        `neither the net nor the model has an input '${name}'; theirs are ${[...new Set([...ofNet, ...ofModel])].join(', ')}`,
        { hint: didYouMean(name, [...ofNet, ...ofModel]) },
      );
  const given = input.filter((_, i) => ofNet.includes([...pairs.keys()][i]!));
  const single = [...pairs].filter(([name]) => !ofNet.includes(name));
  const missing = net.inputs.filter((name) => !pairs.has(name) && !model.valueNames.has(name));
  // The only input of both, by the model's name.
  const [renamed] = single;
  if (renamed && single.length === 1 && missing.length === 1) given.push(`${missing[0]!}=${renamed[1]}`);
  await setInputs(net, given, context, new Set([...model.valueNames, ...missing]));
  const set = new Set(parsePairs('input', given).keys());
  const random = missing.filter((name) => !set.has(name));
  if (random.length === 0) return;
  const types = new Map(model.inputTypes);
  const [only] = types.size === 1 ? types.values() : [];
  for (const name of random) {
    const blob = net.blobs.get(name)!;
    blob.data.set(randomValues(name, blob.shape, types.get(name) ?? only ?? 'float'));
  }
  remarkRandom(random, context);
}

function remarkRandom(names: readonly string[], { stderr }: CommandContext): void {
  const which = names.map((name) => `'${name}'`).join(', ');
  print(stderr, `note: ${which}: random values; give others with -i ${names[0]!}=FILE.npy`);
}

/** Values of those inputs of the model that the net has not: given ones, and random ones where the net begins at inner values. */
async function ownInputs(net: Net, model: OnnxModelFile, options: ReferenceOptions, context: CommandContext) {
  const { input } = options;
  const { readNpyFile } = await import('../../node.js');
  const own = [...parsePairs('input', input)].filter(
    ([name]) => model.inputNames.includes(name) && !net.inputs.includes(name),
  );
  const values = new Map<string, Tensor>(
    await Promise.all(own.map(async ([name, file]) => [name, await readNpyFile(file)] as const)),
  );
  const missing = model.inputNames.filter((name) => !net.inputs.includes(name) && !values.has(name));
  // An input of the net's alone has the values of the model's.
  if (
    missing.length === 0 ||
    net.inputs.some((name) => !model.inputNames.includes(name) && !model.valueNames.has(name))
  )
    return values;
  const known = await inputShapes(model, options);
  for (const { name, shape, type } of model.inputs(known))
    if (missing.includes(name)) values.set(name, { shape, data: randomValues(name, shape, type) });
  remarkRandom(missing, context);
  return values;
}

async function inputShapes(model: OnnxModelFile, { input }: ReferenceOptions) {
  const { readNpyFile } = await import('../../node.js');
  const own = [...parsePairs('input', input)].filter(([name]) => model.inputNames.includes(name));
  return new Map(await Promise.all(own.map(async ([name, file]) => [name, (await readNpyFile(file)).shape] as const)));
}

function summaryOf(
  net: Net,
  report: VerifyReport,
  { file, ran, known }: { file: string; ran: OnnxReferences; known: KnownMap | undefined },
): ModelSummary {
  const { inside, outside } = ran.unmatched(report);
  const has = new Set([...net.layerNames, ...net.topNames.values()].flat());
  return {
    model: file,
    by: ran.by,
    inside: Object.fromEntries(inside),
    outside,
    missingLayers: [...(known?.values?.keys() ?? [])].filter((name) => !has.has(name)),
  };
}
