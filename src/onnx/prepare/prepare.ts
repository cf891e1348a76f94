/**
 * From a model to a graph with static shapes: functions and conditions are inlined, nodes sorted, shapes inferred, and
 * whatever depends on nothing but constants is computed.
 */
import { NetspecError, didYouMean } from '../../errors.js';
import { product, sameShape } from '../../shapes.js';
import { Attributes, Refusal } from '../graph/attributes.js';
import { WorkGraph, type Node, type ValueType } from '../graph/graph.js';
import { NodeContext, UnknownShape, type Values } from '../graph/node-context.js';
import { operatorFor } from '../operators/index.js';
import type { Graph, Model, Tensor, ValueInfo } from '../schema/model.js';
import { dataTypeName, roundTo } from '../schema/data-types.js';
import { Flattener } from './flatten.js';
import { alignLegacyOperand } from './legacy-broadcast.js';
import { describe, producersOf, sortNodes } from './sort.js';

export interface PrepareOptions {
  /** Shapes of inputs by name; they replace those of the file. */
  readonly inputShapes?: ReadonlyMap<string, readonly number[]>;
  /**
   * Values of inputs by name: the net has them as constants, and no such input. One number stands for all elements of the
   * input; else there is one for each.
   */
  readonly inputValues?: ReadonlyMap<string, readonly number[]>;
  /** Values that become the inputs, in place of the model's. */
  readonly inputs?: readonly string[];
  /** Values that become the outputs, in place of the model's. */
  readonly outputs?: readonly string[];
}

/** A node that has no meaning here, and why. */
export interface RefusedNode {
  readonly node: Node;
  readonly refusal: Refusal;
}

export interface Prepared {
  readonly graph: WorkGraph;
  /** Nodes whose outputs are not known; what reads them is not known either. */
  readonly refused: readonly RefusedNode[];
  /** What the user should know: axes that were set. */
  readonly remarks: readonly string[];
  readonly values: Values;
  /** Inputs of the model that have one value for good. */
  readonly fixedInputs: ReadonlyMap<string, Tensor>;
}

/** A result of more elements than this is computed beforehand only from inputs that are nearly as large. */
const LARGEST_CONSTANT = 2 ** 22;
/** A value of more elements than this fits no blob. */
const LARGEST_VALUE = 2 ** 31;
/** Conditions within conditions. */
const DEPTH_LIMIT = 50;

/** @throws NetspecError when the model is malformed, or the options do not fit it */
export function prepare(model: Model, options: PrepareOptions = {}): Prepared {
  if (!options.inputs) return new Preparation(model, options).run();
  const { inputShapes, inputValues } = options;
  const whole = new Preparation(model, { inputShapes, inputValues }).run();
  return new Preparation(model, options, whole.graph.types).run();
}

class Preparation {
  readonly graph = new WorkGraph();
  readonly refused: RefusedNode[] = [];
  readonly remarks: string[] = [];
  readonly fixedInputs = new Map<string, Tensor>();
  readonly #flattener: Flattener;
  readonly #declared: ReadonlyMap<string, ValueInfo>;
  /** Values that are another value under a second name. */
  readonly #aliases = new Map<string, string>();
  /** Outputs of the nodes that were visited, those of unknown shape too. */
  readonly #seen = new Set<string>();
  /** Constants of types that hold no plain numbers, and the types' names. */
  readonly #unreadable = new Map<string, string>();
  readonly values: Values;

  constructor(
    readonly model: Model,
    readonly options: PrepareOptions,
    /** Of the whole model, where it is cut at inner values. */
    readonly wholeTypes?: ReadonlyMap<string, ValueType>,
  ) {
    this.#flattener = new Flattener(model);
    const { inputs, outputs, valueInfo } = model.graph;
    this.#declared = new Map([...valueInfo, ...outputs, ...inputs].map((info) => [info.name, info]));
    const { types, constants } = this.graph;
    this.values = {
      type: (name) => types.get(name),
      constant: (name) => constants.get(name),
      declared: (name) => this.#declaredShape(name),
    };
  }

  run(): Prepared {
    const { graph, options } = this;
    this.#addInitializers(this.model.graph);
    this.#addInputs();
    const cut = new Set(graph.inputs.map(({ name }) => name));
    const nodes = this.#flattener.main().map((node) => ({
      ...node,
      // A value that became an input is not computed.
      outputs: node.outputs.map((output) =>
        cut.has(output) ? this.#flattener.names.fresh(`${output}/uncut`) : output,
      ),
    }));
    const made = new Set(nodes.flatMap(({ outputs }) => outputs));
    const outputs = options.outputs ?? this.model.graph.outputs.map(({ name }) => name);
    for (const name of outputs)
      if (!made.has(name) && !graph.types.has(name))
        throw new NetspecError(`the model has no value '${name}' for an output`, { hint: didYouMean(name, made) });
    graph.outputs = [...new Set(outputs)];
    if (graph.outputs.length === 0) throw new NetspecError('the model has no outputs');
    const isKnown = (name: string): boolean => graph.types.has(name) || this.#unreadable.has(name);
    this.#visit(sortNodes(needed(nodes, graph.outputs, producersOf(nodes, isKnown)), isKnown), 0);
    graph.touch();
    graph.prune();
    const kept = new Set(graph.nodes);
    return {
      graph,
      refused: this.refused.filter(({ node }) => kept.has(node)),
      remarks: this.remarks,
      values: this.values,
      fixedInputs: this.fixedInputs,
    };
  }

  #addInitializers({ initializers }: Graph): void {
    for (const [name, { values, dataType }] of initializers) {
      if (this.options.inputs?.includes(name)) continue;
      if (values) this.graph.addConstant(values, name);
      else this.#unreadable.set(name, dataTypeName(dataType));
    }
  }

  #addInputs(): void {
    const { graph, options } = this;
    const given = new Map(options.inputShapes);
    const values = new Map(options.inputValues);
    const declared = this.model.graph.inputs.filter(({ name }) => !this.model.graph.initializers.has(name));
    const ownNames = declared.map(({ name }) => name);
    const names = options.inputs ?? ownNames;
    for (const name of values.keys())
      if (!ownNames.includes(name))
        throw new NetspecError(`a value is given for '${name}', which is no input of the model`, {
          hint: didYouMean(name, ownNames) ?? `inputs are ${ownNames.join(', ')}`,
        });
    for (const name of new Set([...names, ...values.keys()])) {
      const whole = this.wholeTypes?.get(name);
      const info = declared.find((each) => each.name === name);
      if (options.inputs && !whole && !info)
        throw new NetspecError(`the model has no value '${name}' for an input`, {
          hint: didYouMean(name, this.wholeTypes?.keys() ?? []),
        });
      if (info?.kind)
        throw new NetspecError(`the input '${name}' is a ${info.kind}, expected a tensor of numbers`, {
          hint: 'cut the model after it with options.inputs',
        });
      const shape = this.#inputShape(name, info, given.get(name), whole);
      if (product(shape) >= LARGEST_VALUE)
        throw new NetspecError(`the input '${name}' has the shape ${shape.join('x')}, which fits no blob`, {
          hint: `give a smaller one with options.inputShapes`,
        });
      given.delete(name);
      const type = whole?.type ?? info?.type ?? 'float';
      const value = values.get(name);
      if (value && !options.inputs?.includes(name)) {
        this.#fix(name, { type, shape }, value);
        continue;
      }
      graph.inputs.push({ name, shape, type });
      graph.types.set(name, { type, shape });
    }
    for (const name of given.keys())
      throw new NetspecError(`a shape is given for '${name}', which is no input of the model`, {
        hint:
          didYouMean(name, names) ?? (names.length > 0 ? `inputs are ${names.join(', ')}` : 'the model has no inputs'),
      });
  }

  /** Makes an input a constant. */
  #fix(name: string, { type, shape }: ValueType, value: readonly number[]): void {
    const count = product(shape);
    if (value.length !== 1 && value.length !== count)
      throw new NetspecError(
        `the input '${name}' has the shape ${shape.join('x') || '1'}: expected one value or ${count}, got ${value.length}`,
      );
    const data = value.length === count ? Float64Array.from(value) : new Float64Array(count).fill(value[0]!);
    const tensor = { shape, type, data: roundTo(type, data) };
    this.graph.addConstant(tensor, name);
    this.fixedInputs.set(name, tensor);
  }

  #inputShape(
    name: string,
    info: ValueInfo | undefined,
    given: readonly number[] | undefined,
    whole: ValueType | undefined,
  ): readonly number[] {
    if (given) {
      if (info?.dims && info.dims.length !== given.length)
        throw new NetspecError(
          `the shape ${given.join('x')} is given for the input '${name}', which has ${info.dims.length} axes`,
          {
            hint: `it is declared as ${info.dims.map((dim) => dim ?? '?').join('x')}`,
          },
        );
      return given;
    }
    if (whole) return whole.shape;
    if (!info?.dims)
      throw new NetspecError(`the shape of the input '${name}' is not declared in the model`, {
        hint: 'give it with options.inputShapes',
      });
    const isOpen = (dim: number | string | undefined): boolean => typeof dim !== 'number' || dim <= 0;
    const open = info.dims.filter(isOpen);
    if (open.length > 0) {
      const shape = info.dims.map((dim) => (isOpen(dim) ? '1' : String(dim))).join('x');
      this.remarks.push(
        `input '${name}': open axes are set to 1, which makes ${shape}; options.inputShapes sets others`,
      );
    }
    return info.dims.map((dim) => (isOpen(dim) ? 1 : (dim as number)));
  }

  #visit(nodes: readonly Node[], depth: number): void {
    for (const node of nodes) {
      node.inputs = node.inputs.map((input) => this.#resolve(input));
      try {
        if (node.op === 'If' && node.domain === '') this.#condition(node, depth);
        else this.#infer(node);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.refused.push({ node, refusal: error });
        this.graph.nodes.push(node);
      }
      for (const output of node.outputs) this.#seen.add(output);
    }
  }

  #resolve(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** Takes the branch of a condition that is known; of one that is computed, both. */
  #condition(node: Node, depth: number): void {
    if (depth > DEPTH_LIMIT) throw new NetspecError(`conditions are nested more than ${DEPTH_LIMIT} deep`);
    const context = new NodeContext(node, this.values);
    if (context.constant(0)) {
      const [condition] = context.numbers(0, 'the condition') ?? [];
      this.#branch(node, Boolean(condition), node.outputs, depth);
    } else this.#bothBranches(node, context, depth);
  }

  #branch(node: Node, isThen: boolean, outputs: readonly string[], depth: number): void {
    const branch = node.attributes.graph(isThen ? 'then_branch' : 'else_branch');
    if (!branch) throw new Refusal(`the branch for ${isThen} is missing`);
    const prefix = node.name === '' ? (node.outputs[0] ?? 'If') : node.name;
    const opsets = new Map([...this.model.opsets, ['', node.opset]] as const);
    const nodes = this.#flattener.branch(branch, outputs, prefix, opsets, depth + 1, (name, { values }) => {
      if (values) this.graph.addConstant(values, name);
    });
    this.#visit(
      sortNodes(nodes, (name) => this.graph.types.has(name) || this.#seen.has(name)),
      depth + 1,
    );
  }

  /** Computes both branches, and picks each output by Where. */
  #bothBranches(node: Node, context: NodeContext, depth: number): void {
    if (context.count(0) !== 1) throw new Refusal(`the condition has ${context.count(0)} elements, expected one`);
    this.#checkData(node.inputs[0]!);
    const { names } = this.#flattener;
    const outputs = node.outputs.filter((output) => output !== '');
    const [whenTrue, whenFalse] = [true, false].map((isThen) => {
      const made = node.outputs.map((output) => (output === '' ? '' : names.fresh(`${output}/${isThen}`)));
      this.#branch(node, isThen, made, depth);
      return made.filter((output) => output !== '');
    }) as [string[], string[]];
    const flag = names.fresh(`${node.inputs[0]!}/scalar`);
    const scalar = new Attributes();
    const pick = { ...node, op: 'Where', attributes: scalar };
    const nodes = outputs.map((output, i) => ({
      ...pick,
      inputs: [flag, whenTrue[i]!, whenFalse[i]!].map((name) => this.#resolve(name)),
      outputs: [output],
    }));
    for (const { inputs } of nodes) {
      const [a, b] = inputs.slice(1).map((name) => this.graph.shape(name));
      // One of unknown shape is of a node that is refused by itself.
      if (a && b && !sameShape(a, b))
        throw new Refusal(
          `its condition is computed while the model runs, and its branches give the shapes ${a.join('x')} and ${b.join('x')}`,
          CUT_BEFORE,
        );
    }
    this.remarks.push(`${describe(node)}: both branches are computed, and the condition picks one`);
    this.#visit(
      [{ ...node, op: 'Squeeze', inputs: [node.inputs[0]!], outputs: [flag], attributes: scalar }, ...nodes],
      depth,
    );
  }

  /**
   * Refuses a condition that only whole numbers or flags among the inputs decide: they choose one of several models.
   * @throws Refusal
   */
  #checkData(condition: string): void {
    const inputs = this.graph.inputsOf(condition);
    const isChoice = inputs.length > 0 && inputs.every(({ type }) => !type.includes('float') && type !== 'double');
    if (!isChoice) return;
    const which = inputs.map(({ name }) => `'${name}'`).join(', ');
    throw new Refusal(
      `its condition is computed while the model runs, from ${inputs.length === 1 ? 'the input' : 'the inputs'} ${which}`,
      `say the value with options.inputValues, or cut the model before this node with options.outputs`,
    );
  }

  #infer(node: Node): void {
    const { graph } = this;
    // Patterns' own operators take their attributes on trust.
    const operator = operatorFor(node.domain === 'netspec' ? { op: '', domain: node.domain } : node);
    for (const input of node.inputs)
      if (this.#unreadable.has(input))
        throw new Refusal(
          `'${input}' has element type ${this.#unreadable.get(input)!}, which holds no numbers that Caffe knows`,
        );
    alignLegacyOperand(node, graph);
    const context = new NodeContext(node, this.values);
    if (this.#isCopy(node, context)) return;
    const inputs = node.inputs.map((input) => graph.constants.get(input));
    // Of CastLike's second input only the type matters.
    const matters = node.op === 'CastLike' ? node.inputs.slice(0, 1) : node.inputs;
    const isConstant = matters.every((input, i) => input === '' || inputs[i]) || ONLY_SHAPES.has(node.op);
    for (let i = 0; i < (operator.least ?? 0); i++) context.input(i);
    const types = operator.infer(context);
    if (types.some(({ shape }) => shape.some((dim) => !Number.isSafeInteger(dim) || dim < 0)))
      throw new Refusal(
        `the output would have the shape ${types.map(({ shape }) => shape.join('x')).join(', ')}`,
        'the inputs are too small for it: give larger ones with options.inputShapes',
      );
    if (types.some(({ shape }) => product(shape) >= LARGEST_VALUE))
      throw new Refusal(`the output would have ${types.map(({ shape }) => product(shape)).join(', ')} elements`);
    const given = inputs.reduce((sum, tensor) => sum + (tensor?.data.length ?? 0), 0);
    const most = Math.max(LARGEST_CONSTANT, 4 * given);
    node.outputs.forEach((output, i) => {
      const type = types[i];
      if (output !== '' && type) graph.types.set(output, type);
    });
    if (isConstant && types.every(({ shape }) => product(shape) <= most)) {
      const results = operator.evaluate(context, inputs);
      node.outputs.forEach((output, i) => {
        const result = results[i];
        if (output !== '' && result) graph.addConstant(atRunTime(result), output);
      });
      return;
    }
    graph.nodes.push(node);
  }

  /** Nodes that give what they get: their readers read that instead. An output of the graph keeps its node. */
  #isCopy(node: Node, context: NodeContext): boolean {
    if (!COPIES.has(node.op) || node.domain !== '') return false;
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    if (node.op === 'Dropout' && !isInference(context)) return false;
    if (node.op === 'Dropout' && context.node.outputs.length > 1 && (node.outputs[1] ?? '') !== '')
      this.graph.addConstant(allTrue(context.shape(0)), node.outputs[1]);
    const type = context.input(0);
    this.graph.types.set(output, type);
    const constant = context.constant(0);
    if (constant) this.graph.addConstant(constant, output);
    else if (this.graph.outputs.includes(output))
      this.graph.nodes.push({
        ...node,
        op: 'Identity',
        inputs: [input],
        outputs: [output],
        attributes: new Attributes(),
      });
    else this.#aliases.set(output, input);
    return true;
  }

  #declaredShape(name: string): readonly number[] | undefined {
    const dims = this.#declared.get(name)?.dims;
    return dims?.every((dim) => typeof dim === 'number' && dim > 0) ? (dims as number[]) : undefined;
  }
}

/** Operators that look at shapes only, whatever the values. */
const ONLY_SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size', 'EyeLike']);
const CUT_BEFORE = 'cut the model before this node with options.outputs';
const COPIES: ReadonlySet<string> = new Set(['Identity', 'Dropout']);

/** Below opset 12 a Dropout is in training only if it says so, from 7 on it has no way to. */
function isInference(context: NodeContext): boolean {
  if (context.opset < 7) return true;
  const [training = 0] = context.numbers(2, 'training_mode') ?? [];
  const [ratio = 0.5] = training ? (context.numbers(1, 'ratio') ?? []) : [];
  if (training && ratio !== 0)
    throw new Refusal(
      'it drops elements at random, as in training',
      'export the model in evaluation mode: model.eval()',
    );
  return true;
}

function allTrue(shape: readonly number[]): Tensor {
  return { shape, type: 'bool', data: new Float64Array(product(shape)).fill(1) };
}

/** What a runtime would hold: values of float are rounded to float32. */
function atRunTime({ shape, type, data }: Tensor): Tensor {
  return { shape, type, data: data instanceof Float64Array ? roundTo(type, data) : data };
}

/** The nodes that the outputs need; of others nothing need be known. */
function needed(nodes: readonly Node[], outputs: readonly string[], producers: ReadonlyMap<string, Node>): Node[] {
  const found = new Set<Node>();
  const open = [...outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name);
    if (!node || found.has(node)) continue;
    found.add(node);
    open.push(
      ...node.inputs,
      ...[...node.attributes.values.values()].flatMap((v) => (v.kind === 'graph' ? reads(v.value) : [])),
    );
  }
  return nodes.filter((node) => found.has(node));
}

function reads(graph: Graph): string[] {
  return [
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ inputs, attributes }) => [
      ...inputs,
      ...[...attributes.values()].flatMap((value) => (value.kind === 'graph' ? reads(value.value) : [])),
    ]),
  ];
}

export { UnknownShape, describe };
