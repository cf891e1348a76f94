/**
 * The forks that netspec knows: the schemas of the Caffes that added layers and fields of their own, made from forks/*.proto.
 */
import { TEXT, checkArguments } from '../../arguments.js';
import { NetspecError, didYouMean } from '../../errors.js';
import { forksJson } from '../../generated/forks.js';
import type { MessageType, SchemaDefinition } from '../descriptor.js';
import { caffeDefinition, Schema, withInputLayers } from '../schema.js';
import { ForkTableReader, PACKAGE, type ForkRow, type ForkTable } from './fork-table.js';

/** One of the schemas that {@link forkSchema} gives. */
export class Fork {
  readonly #row: ForkRow;
  readonly #read: () => SchemaDefinition;
  #own: SchemaDefinition | undefined;
  #definition: SchemaDefinition | undefined;
  #schema: Schema | undefined;

  constructor(
    row: ForkRow,
    read: () => SchemaDefinition,
    /** How well known it is, from 0: where several forks fit as well, the first of them is taken. */
    readonly rank: number,
  ) {
    this.#row = row;
    this.#read = read;
  }

  /** As `--proto` and {@link forkSchema} take it: 'ssd'. */
  get name(): string {
    return this.#row.name;
  }

  /** What people call it: 'SSD'. */
  get title(): string {
    return this.#row.title;
  }

  /** Where its caffe.proto is: a repository, and a branch or folder. */
  get origin(): string {
    return this.#row.origin;
  }

  /** Other names that {@link forkSchema} takes. */
  get aliases(): readonly string[] {
    return this.#row.aliases ?? [];
  }

  /** Name of the fork that it was built on; undefined for BVLC's Caffe. */
  get base(): string | undefined {
    return this.#row.base;
  }

  /** Fields of LayerParameter that BVLC's Caffe does not have. */
  get layerFields(): string[] {
    const known = new Set(fieldNames(caffeDefinition(), 'LayerParameter'));
    return fieldNames(this.own, 'LayerParameter').filter((name) => !known.has(name));
  }

  /** A program that reads the nets of other Caffes. */
  get isReader(): boolean {
    return READERS.includes(this.name);
  }

  /** One of those that people meet most. */
  get isWellKnown(): boolean {
    return BEST_KNOWN.includes(this.name);
  }

  /** Made for one paper: a net that an older Caffe fits as well is of that one. */
  get isLeastKnown(): boolean {
    return LEAST_KNOWN.includes(this.name);
  }

  /** Its schema as data, with what BVLC's Caffe adds for inputs. */
  get definition(): SchemaDefinition {
    return (this.#definition ??= withInputLayers(this.own));
  }

  /** What its caffe.proto has, and nothing else. */
  get own(): SchemaDefinition {
    return (this.#own ??= this.#read());
  }

  /** Its schema, as {@link forkSchema} gives it. */
  get schema(): Schema {
    return (this.#schema ??= new Schema(this.definition, this.name, this.title));
  }
}

function fieldNames({ messages }: SchemaDefinition, type: string): string[] {
  return (messages[`${PACKAGE}.${type}`] ?? []).map(({ name }) => name);
}

/** Those that other forks copied from, or that people meet most, go first. */
const BEST_KNOWN: readonly string[] = [
  ...['ssd', 'segnet', 'pspnet', 'faster-rcnn', 'r-fcn', 'shufflenet', 'eric612', 'nearest', 'fast-rcnn', 'future'],
  ...[
    'deeplab',
    'chuanqi305',
    'refinedet',
    'flownet2',
    'pvanet',
    'caffe-face',
    'sphereface',
    'yjxiong',
    'junhyukoh',
    'caffe_ocr',
  ],
  ...['warpctc', 'ctpn', 'c3d', 'lrcn', 'nvidia', 'intel', 'happynear'],
];

/** Made for one paper, mostly: they go after those that others build on, and are no reason to doubt whose a net is. */
const LEAST_KNOWN: readonly string[] = [
  'autocolorize',
  'bottom-up-attention',
  'c2f-3dhm',
  'deepercut',
  'dss',
  'ducha-aiki',
  'eco',
  'fpn',
  'gbd',
  'gnet',
  'guided-dropout',
  'heatmap',
  'hidden-two-stream',
  'hwgq',
  'hypercolumns',
  'itn',
  'kitti-ssd',
  'locnet',
  'ndsb',
  'network-surgery',
  'noisy-label',
  'part-reid',
  'perforated',
  'person-search',
  'r-c3d',
  'r-star-cnn',
  'rmpe',
  'rrc',
  'rrd',
  'rrpn',
  'segment-cnn',
  'squeezedet',
  'ssd-focal-loss',
  'sscnet',
  'textspotter',
  'untrimmednet',
  'video-triplet',
  'vpgnet',
  'xlearn',
];

/**
 * Programs of chip vendors and converters, which read the nets of other Caffes: their schemas take up the layers of these, now and
 * then with defaults of their own. They go last, and that they differ is no reason to doubt whose a net is.
 */
const READERS: readonly string[] = [
  'rknn',
  'nnie',
  'xilinx',
  'ascend',
  'nn_tools',
  'opencv',
  'ncnn',
  'mnn',
  'tengine',
  'chaidnn',
  'pytorch-to-caffe',
  'feathercnn',
  'caffe-1.0',
];

let catalog: { forks: readonly Fork[]; byName: ReadonlyMap<string, Fork> } | undefined;

function load() {
  const table = JSON.parse(forksJson) as ForkTable;
  const reader = new ForkTableReader(table);
  const byName = new Map<string, Fork>();
  const listed = new Set([...BEST_KNOWN, ...LEAST_KNOWN, ...READERS]);
  const others = table.forks.map(({ name }) => name).filter((name) => !listed.has(name));
  const ranked = [...BEST_KNOWN, ...others, ...LEAST_KNOWN, ...READERS];
  for (const row of table.forks) {
    const before = () => (row.base === undefined ? caffeDefinition() : byName.get(row.base)!.own);
    byName.set(row.name, new Fork(row, () => reader.definitionOf(row, before()), ranked.indexOf(row.name)));
  }
  const forks = [...byName.values()].sort((a, b) => a.rank - b.rank);
  for (const fork of forks) for (const alias of fork.aliases) byName.set(alias, fork);
  return { forks, byName };
}

/**
 * Every fork that netspec knows, the best known first.
 * @example
 * forks().find(({ name }) => name === 'segnet')!.layerFields; // → ['bn_param', 'upsample_param', 'dense_image_data_param']
 */
export function forks(): readonly Fork[] {
  return (catalog ??= load()).forks;
}

/** The fork of that name; undefined when there is none. */
export function findFork(name: string): Fork | undefined {
  return (catalog ??= load()).byName.get(name);
}

/**
 * The schema of a fork of Caffe: `forkSchema('ssd')`. Text and bytes that are read with it may have its fields and no others, and
 * are written with its numbers. The names are those that `netspec list --schemas` prints.
 * @throws NetspecError for a name that is none, with the nearest
 * @example
 * const schema = forkSchema('ssd');
 * const text = 'layer { name: "norm" type: "Normalize" norm_param { across_spatial: false } }';
 * parsePrototxt(text, { schema }).layer![0]!.norm_param!.across_spatial; // → false
 */
export function forkSchema(name: string): Schema {
  checkArguments('forkSchema()', { name: [name, TEXT] });
  const fork = findFork(name);
  if (fork) return fork.schema;
  const names = [...(catalog ??= load()).byName.keys()];
  throw new NetspecError(`there is no schema '${name}'`, {
    hint: didYouMean(name, names) ?? `the schemas are ${names.sort().join(', ')}`,
  });
}

/** A message type of a fork, for one that BVLC's schema does not have: that of the best known fork with such a type. */
export function messageOfFork(name: string): MessageType | undefined {
  const fork = forks().find(({ definition }) => definition.messages[`${PACKAGE}.${name}`] !== undefined);
  return fork?.schema.message(name);
}
