/**
 * What Net.load is given: the net as path, text or message, and the options; checked, since scripts without types give
 * them too.
 */
import { NetspecError, didYouMean } from '../errors.js';
import { Phase, type NetParameter } from '../generated/messages.js';
import type { Schema } from '../proto/schema.js';
import { parsePrototxt } from '../proto/text/parser.js';
import { upgradeNet } from '../proto/upgrade.js';
import { derive } from '../proto/derive.js';
import { checkNet, show } from './check-net.js';
import type { StepOver } from './graph.js';
import { platform } from './platform.js';
import type { GivenShapes } from './step-over.js';
import type { WeightsSource } from './weights-source.js';

/** More threads than any machine that this is meant for has. */
const MOST_THREADS = 256;

/** How {@link Net.load} builds a net. */
export interface NetOptions {
  /** Weights to copy in; see {@link Net.copyFrom}. */
  weights?: WeightsSource;
  /** Which layers there are, and how Dropout and BatchNorm behave. Default: the net's own `state`, else TEST. */
  phase?: 'TEST' | 'TRAIN';
  /** For rules with min_level and max_level. Default: the net's own `state`, else 0. */
  level?: number;
  /** For rules with stage and not_stage; added to those of the net's own `state`. */
  stages?: readonly string[];
  /** How convolutions are computed: 'gemm' in Caffe's own order of operations, 'auto' whichever is fastest. Default 'auto'. */
  algorithm?: 'auto' | 'gemm';
  /**
   * Keep the values of the outputs, and of what forward({ blobs }) names, and of no other blob: a fraction of the memory,
   * and layers are computed together where that is faster. Results are the same but for rounding. Default false.
   */
  outputsOnly?: boolean;
  /**
   * Build the net for its shapes only: no kernels are compiled, which takes longer than the rest, and no memory is taken. It
   * cannot be run, nor take weights, and looking at a blob's values is refused. Default false.
   */
  shapesOnly?: boolean;
  /**
   * How many threads compute, this one included. Default: as many as the machine runs at once, up to 16. With more than
   * one, blobs are views of a SharedArrayBuffer; where there is none, one it is.
   */
  threads?: number;
  /** Where random fillers and Dropout start from: same seed, same numbers. Default 0. */
  seed?: number;
  /** Refuse weights that leave a parameter at its filler's value, where Caffe says nothing. Default false. */
  strict?: boolean;
  /**
   * What becomes of layers that cannot be run here: of a type that is not known, or of one that netspec does not run, such as
   * Python. 'refuse': the net is refused. 'run': they compute nothing, and their tops are to be fed before what reads them runs;
   * see {@link Net.steppedOver}. 'assume': the same, and a shape that is not known is taken to be that of what the layer reads.
   * 'open', with `shapesOnly`: the same, and shapes may remain unknown. Default 'refuse'.
   */
  stepOver?: StepOver;
  /**
   * With `stepOver: 'open'`: what no layer makes is an input of unknown shape, and an Input may have none; see {@link Net.openInputs}.
   * Default false.
   */
  openInputs?: boolean;
  /** Shapes by blob name: of inputs, and with `stepOver` of what layers make that are not run here. */
  blobShapes?: GivenShapes;
  /** Shapes of the parameters by layer name, for layers that are not run here. Default: those of the weights. */
  paramShapes?: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** What errors call the net when it is given as text. */
  file?: string;
  /** A vendor's schema instead of BVLC's, for reading the net and its weights and for saving. */
  schema?: Schema;
}

/**
 * The net in today's format.
 * @param source path of a prototxt, prototxt text (anything with a `{` or a line break), or a message
 * @throws NetspecError when it cannot be read or is no net.
 */
export async function readNet(source: string | NetParameter, { file, schema }: NetOptions): Promise<NetParameter> {
  if (typeof source !== 'string') return upgradeNet(checkNet(source, schema));
  if (/[{\n]/.test(source)) return parsePrototxt(source, { file, schema });
  return parsePrototxt(await platform(source).readText(source), { file: source, schema });
}

/** The net with the state that the options ask for, as the constructor of Caffe's Net makes it. */
export function withState(net: NetParameter, { phase, level, stages = [] }: NetOptions): NetParameter {
  const { state = {} } = net;
  return derive(net, {
    state: {
      ...state,
      phase: phase === undefined ? (state.phase ?? Phase.TEST) : Phase[phase],
      level: level ?? state.level ?? 0,
      stage: [...(state.stage ?? []), ...stages],
    },
  });
}

/** @throws NetspecError for a value that an option cannot have. */
export function checkOptions(options: NetOptions): void {
  const { phase, level, stages, algorithm, outputsOnly, shapesOnly, stepOver, openInputs, threads, weights } = options;
  const refuse = (name: string, expected: string, got: unknown, hint?: string): never => {
    throw new NetspecError(`option ${name}: expected ${expected}, got ${show(got)}`, { hint });
  };
  const oneOf = (name: string, value: unknown, names: readonly string[]): void => {
    if (value === undefined || names.includes(value as string)) return;
    const expected = names.map((each) => `'${each}'`).join(' or ');
    refuse(name, expected, value, typeof value === 'string' ? didYouMean(value, names) : undefined);
  };
  oneOf('phase', phase, ['TEST', 'TRAIN']);
  oneOf('algorithm', algorithm, ['auto', 'gemm']);
  oneOf('stepOver', stepOver, ['refuse', 'run', 'assume', 'open']);
  if (stepOver === 'open' && !shapesOnly)
    throw new NetspecError('a net with shapes that are not known cannot be run', {
      hint: "load it with shapesOnly, or with stepOver: 'run'",
    });
  // From scripts without types they may be anything.
  for (const [name, flag] of Object.entries<unknown>({ outputsOnly, shapesOnly, openInputs }))
    if (flag !== undefined && typeof flag !== 'boolean') refuse(name, 'true or false', flag);
  if (openInputs && stepOver !== 'open')
    throw new NetspecError("option openInputs needs stepOver: 'open'", {
      hint: 'inputs must have shapes in a net that runs',
    });
  if (shapesOnly && weights !== undefined)
    throw new NetspecError('a net that is built for its shapes only takes no weights', {
      hint: 'load it without shapesOnly',
    });
  if (level !== undefined && !Number.isInteger(level)) refuse('level', 'a whole number', level);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    refuse('threads', `a whole number from 1 to ${MOST_THREADS}`, threads);
  if (stages !== undefined && !(Array.isArray(stages) && stages.every((stage) => typeof stage === 'string')))
    refuse('stages', 'a list of names', stages);
}
