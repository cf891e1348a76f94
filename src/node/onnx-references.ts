/**
 * References out of an ONNX model: it is run on the inputs of a net, by ONNX Runtime where that is installed, else by the
 * operators' own references, and its values are handed out by name.
 */
import { NetspecError } from '../errors.js';
import type { InputValue } from '../onnx/graph/graph.js';
import { readModel } from '../onnx/reader/read-model.js';
import { ModelValues } from '../onnx/model-values.js';
import type { Model, ValueInfo } from '../onnx/schema/model.js';
import type { Net } from '../runtime/net.js';
import { product, sameShape } from '../shapes.js';
import type { NetReferences } from '../verify/against.js';
import { chooseMap } from '../verify/match-references.js';
import type { VerifyReport } from '../verify/result.js';
import type { FloatTensor } from '../verify/tensors.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { canonicalName } from '../weights/name-index.js';
import { fromShapes, fromTensors, type Tensor, type TensorInfo } from '../weights/source.js';
import { openFile } from './files.js';
import { HOW_TO_GET_ONNX_RUNTIME, runWithOnnxRuntime, type RuntimeInput } from './onnx-runtime.js';
import { besideFile } from './open-beside.js';

/** What the values of a model that no reference bears are to the net. */
export interface UnmatchedValues {
  /** By name: the layer that computes with it, without a blob of its own. */
  readonly inside: ReadonlyMap<string, string>;
  /** Values that no blob of the net is computed from. */
  readonly outside: readonly string[];
}

/** A model's values as references. */
export interface OnnxReferences extends NetReferences {
  /** What ran the model: `onnxruntime-node 1.30.0`. */
  readonly by: string;
  /** What the user should know of how it was run. */
  readonly remarks: readonly string[];
  /** Says of each value of the model that is not compared what it is to the net. */
  unmatched(report: VerifyReport): UnmatchedValues;
}

/** What `referencesFromOnnx` is told beside the model. */
export interface OnnxReferencesOptions {
  /** Values of the model's own inputs. Default: those of the net's inputs of the same names, or of its only one. */
  readonly inputs?: ReadonlyMap<string, Tensor>;
  /** Which value belongs to a layer. Default: by names, whichever way finds most. */
  readonly map?: ReferenceMap;
  /** Names of the values to be had. Default: all that depend on the inputs. */
  readonly wanted?: ReadonlySet<string>;
  /** The model's values are not needed after this run, and its memory may be given to the runtime. */
  readonly isLast?: boolean;
}

/** That a model is too large to be run with what is at hand; `why` says what is not at hand. */
export interface NotRun {
  readonly why: string;
}

/** An ONNX model whose values are to be references. */
export class OnnxModelFile {
  constructor(
    readonly file: string,
    readonly model: Model,
    /** Values of inputs that the model has for good, by name, as `importOnnx` takes them: they are no inputs here. */
    readonly inputValues: ReadonlyMap<string, readonly number[]> = new Map(),
  ) {}

  /**
   * Reads the model.
   * @throws NetspecError when the file is no ONNX model
   */
  static async open(file: string, inputValues?: ReadonlyMap<string, readonly number[]>): Promise<OnnxModelFile> {
    const access = await openFile(file);
    try {
      return new OnnxModelFile(file, await readModel(access, { openBeside: besideFile(file) }), inputValues);
    } finally {
      await access.close();
    }
  }

  get #inputs(): readonly ValueInfo[] {
    const { inputs, initializers } = this.model.graph;
    return inputs.filter(({ name }) => !initializers.has(name) && !this.inputValues.has(name));
  }

  #values(inputShapes: ReadonlyMap<string, readonly number[]>): ModelValues {
    return new ModelValues(this.model, { inputShapes, inputValues: this.inputValues });
  }

  /** Names of the model's own inputs. */
  get inputNames(): readonly string[] {
    return this.#inputs.map(({ name }) => name);
  }

  /** Element types of the model's own inputs, by name. */
  get inputTypes(): ReadonlyMap<string, string> {
    return new Map(this.#inputs.map(({ name, type = 'float' }) => [name, type]));
  }

  /** Names of what its nodes give: what an input of a net may be that begins at an inner value. */
  get valueNames(): ReadonlySet<string> {
    return new Set(this.model.graph.nodes.flatMap(({ outputs }) => outputs.filter((output) => output !== '')));
  }

  /** Its own inputs, of these shapes. */
  inputs(inputShapes: ReadonlyMap<string, readonly number[]>): readonly InputValue[] {
    return this.#values(inputShapes).inputs;
  }

  /** Names and shapes of its values, for inputs of these shapes. Nothing is run. */
  shapes(inputShapes: ReadonlyMap<string, readonly number[]>): TensorInfo[] {
    return infosOf(this.#values(inputShapes));
  }

  /**
   * Runs the model on what the net's inputs hold. Inputs of the net that are inner values of the model are set to these.
   * @throws NetspecError when an input of the model has no values, or nothing at hand can run it
   */
  async referencesFor(net: Net, options: OnnxReferencesOptions = {}): Promise<OnnxReferences> {
    const found = await this.run(net, options);
    if (!('why' in found)) return found;
    throw new NetspecError(`${this.file} is too large for netspec's own references of the operators`, {
      hint: found.why,
    });
  }

  /** As `referencesFor`, but says why nothing at hand can run the model. */
  async run(
    net: Net,
    { inputs = new Map(), map, wanted: asked, isLast = false }: OnnxReferencesOptions,
  ): Promise<OnnxReferences | NotRun> {
    const fed = this.#fed(net, inputs);
    const values = this.#values(new Map([...fed].map(([name, { shape }]) => [name, shape])));
    for (const { name, shape } of values.inputs)
      if (product(shape) !== fed.get(name)!.data.length)
        throw new NetspecError(
          `the input '${name}' of ${this.file}: expected ${shape.join('x')}, got ${fed.get(name)!.shape.join('x')}`,
        );
    const infos = infosOf(values);
    const begins = net.inputs.filter((name) => !fed.has(name) && values.computed.has(name));
    const chosen = map ?? chooseMap(net, fromShapes(infos, this.file), [layerNameMap(values)]).map;
    const wanted = new Set([...(asked ?? infos.map(({ name }) => name)), ...begins]);
    const run = await this.#run(values, fed, wanted, isLast);
    if ('why' in run) return run;
    const { tensors, by, remarks } = run;
    for (const name of begins) setInput(net, name, tensors, this.file);
    const compared = [...tensors].filter(([name]) => asked?.has(name) ?? true);
    const references = fromTensors(Object.fromEntries(compared), this.file);
    return {
      references,
      map: chosen,
      by,
      remarks,
      unmatched: (report) => unmatchedValues(values, report, net),
    };
  }

  /** Values of the model's inputs, by name, in the shapes that they come in. */
  #fed(net: Net, given: ReadonlyMap<string, Tensor>): Map<string, FloatTensor> {
    const scalars = new Set(this.model.graph.inputs.filter(({ dims }) => dims?.length === 0).map(({ name }) => name));
    const copy = (name: string, { shape, data }: Tensor): FloatTensor => ({
      // A blob of one value stands for a scalar.
      shape: scalars.has(name) && data.length === 1 ? [] : [...shape],
      data: Float32Array.from(data),
    });
    const fed = new Map<string, FloatTensor>();
    const left: string[] = [];
    for (const name of this.inputNames) {
      const tensor = given.get(name) ?? (net.inputs.includes(name) ? net.blobs.get(name)! : undefined);
      if (tensor) fed.set(name, copy(name, tensor));
      else left.push(name);
    }
    const [only, ...others] = net.inputs.filter((name) => !fed.has(name) && !this.valueNames.has(name));
    const [missing, ...more] = left;
    if (missing === undefined) return fed;
    // Each has one input left: the same under two names.
    if (only === undefined || others.length > 0 || more.length > 0)
      throw new NetspecError(`the input '${missing}' of ${this.file} has no values`, {
        hint: `inputs of the net are ${net.inputs.map((name) => `'${name}'`).join(', ') || 'none'}`,
      });
    return fed.set(missing, copy(missing, net.blobs.get(only)!));
  }

  async #run(
    values: ModelValues,
    fed: ReadonlyMap<string, FloatTensor>,
    wanted: ReadonlySet<string>,
    isLast: boolean,
  ): Promise<{ tensors: ReadonlyMap<string, Tensor>; by: string; remarks: string[] } | NotRun> {
    const { graph, externalFiles } = this.model;
    const inputs = values.inputs.map(
      ({ name, shape, type }) => [name, { type, shape, data: fed.get(name)!.data }] as const,
    );
    if (values.isHalf) {
      // The net computes in float32, and is as exact as a model that rounds to halves can show.
      const tensors = interpretedTensors(values, inputs, wanted);
      if (tensors) return { tensors, by: OWN_REFERENCES, remarks: ['the model computes in half precision'] };
    }
    const run = await runWithOnnxRuntime(
      {
        file: this.file,
        outputs: graph.outputs.map(({ name }) => name),
        externalFiles,
        initializers: graph.initializers,
      },
      new Map<string, RuntimeInput>([
        ...inputs,
        ...[...values.fixedInputs].map(([name, fixed]): [string, RuntimeInput] => [
          name,
          { ...fixed, data: Float32Array.from(fixed.data) },
        ]),
      ]),
      new Set([...wanted].filter((name) => values.isNamed(name))),
      { consumes: isLast },
    );
    const half = 'the model computes in half precision: the values of the runtime have 11 bits';
    if (run?.values) return { tensors: run.values, by: run.by, remarks: values.isHalf ? [half] : [] };
    const why = run ? `${run.by} does not run it: ${run.problem!}` : HOW_TO_GET_ONNX_RUNTIME;
    // What was handed to the runtime is read again.
    const model = isLast ? await OnnxModelFile.open(this.file, this.inputValues) : this;
    const shapes = new Map(values.inputs.map(({ name, shape }) => [name, shape]));
    const tensors = interpretedTensors(isLast ? model.#values(shapes) : values, inputs, wanted);
    return tensors ? { tensors, by: OWN_REFERENCES, remarks: [why] } : { why };
  }
}

/** What computes a model's values where no runtime does. */
export const OWN_REFERENCES = "netspec's own references of the operators, in double precision";

/**
 * Runs an ONNX model on what a net's inputs hold, and gives its values as references for `verify`.
 *
 * The model's inputs are found by the net's names, or are the only one of both. With `onnxruntime-node` or `onnxruntime-web`
 * installed, ONNX Runtime computes the values; else the operators' own references do, in double precision.
 * @param file path of the model
 * @throws NetspecError when the file is no ONNX model, an input has no values, or nothing at hand can run it
 * @example
 * const net = await Net.load('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } } layer { name: "y" type: "ReLU" bottom: "x" top: "y" }');
 * const { references, map } = await referencesFromOnnx(net, 'model.onnx');
 * (await verify(net, { references, map })).ok; // → true
 */
export async function referencesFromOnnx(
  net: Net,
  file: string,
  options: OnnxReferencesOptions = {},
): Promise<OnnxReferences> {
  return (await OnnxModelFile.open(file)).referencesFor(net, options);
}

/** The values asked for, by the operators' references; undefined of a model that is too large for that. */
function interpretedTensors(
  values: ModelValues,
  inputs: readonly (readonly [string, FloatTensor])[],
  wanted: ReadonlySet<string>,
): Map<string, Tensor> | undefined {
  const interpreted = values.interpret(new Map(inputs.map(([name, { data }]) => [name, data])), wanted);
  return interpreted && new Map([...interpreted].filter(([name]) => wanted.has(name)));
}

function infosOf({ computed }: ModelValues): TensorInfo[] {
  return [...computed].map(([name, { shape }]) => ({ name, shape, dtype: 'float32' }));
}

/** The map by the names that an import of the model gives its layers: `layer1.0.conv1` of `/layer1/layer1.0/conv1/Conv`. */
function layerNameMap({ computed }: ModelValues): ReferenceMap {
  const byLayer = new Map<string, string[]>();
  for (const [value, { layer }] of computed) {
    const key = canonicalName(layer);
    byLayer.set(key, [...(byLayer.get(key) ?? []), value]);
  }
  return {
    name: "the model's names",
    referenceNames: (layer) => [...(byLayer.get(canonicalName(layer)) ?? []), layer],
  };
}

function setInput(net: Net, name: string, tensors: ReadonlyMap<string, Tensor>, file: string): void {
  const tensor = tensors.get(name);
  if (!tensor) throw new NetspecError(`${file} gives no numbers for '${name}', an input of the net`);
  const blob = net.blobs.get(name)!;
  if (!sameShape(blob.shape, tensor.shape)) {
    blob.reshape(tensor.shape);
    net.reshape();
  }
  blob.data.set(tensor.data);
}

/** Follows each value that was not compared to what is computed from it, until something that was. */
function unmatchedValues(values: ModelValues, report: VerifyReport, net: Net): UnmatchedValues {
  const layers = new Map<string, string>(net.inputs.map((name) => [name, name]));
  for (const { reference, ownReference, label } of report.layers)
    for (const name of [reference, ownReference]) if (name !== undefined) layers.set(name, label);
  const inside = new Map<string, string>();
  const outside: string[] = [];
  // From the end, so that what is computed from a value is known before it.
  const leadsTo = new Map<string, string>(layers);
  for (const name of [...values.computed.keys()].reverse()) {
    if (layers.has(name)) continue;
    const next = values.computedFrom(name).find((each) => leadsTo.has(each));
    if (next === undefined) outside.push(name);
    else {
      leadsTo.set(name, leadsTo.get(next)!);
      inside.set(name, leadsTo.get(next)!);
    }
  }
  return { inside: new Map([...inside].reverse()), outside: outside.reverse() };
}
