/** netspec build: prints the prototxt of a named net, or of the net that a TypeScript or JavaScript file exports. */
import { existsSync } from 'node:fs';
import { didYouMean, NetspecError } from '../../errors.js';
import type { NetParameter } from '../../generated/messages.js';
import { namedNet, namedNets, type NamedNet } from '../../nets/named-nets.js';
import { parseNetOptions, type NetOption } from '../../nets/options.js';
import { caffeFormOf } from '../../layers/foreign-types.js';
import { isKnownType, lookUpLayer } from '../../layers/registry.js';
import type { Schema } from '../../proto/schema.js';
import { formatPrototxt } from '../../proto/text/printer.js';
import { importDefault, isModuleName } from '../../node/import-module.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { readSchema, SCHEMA_OPTIONS } from '../shared/net-options.js';
import { optionKey, optionName, type OptionSpec, type OptionTable } from '../shared/options.js';
import { print, reportStream } from '../shared/print.js';

export const command = defineCommand({
  name: 'build',
  describe: 'print the prototxt of a named net, or of the net that a .ts or .js file exports',
  usage: 'NAME|FILE.ts',
  positionals: {
    net: { type: 'string', required: true, describe: 'a name from netspec list, or a module' },
  },
  options: {
    ...SCHEMA_OPTIONS,
    output: { type: 'string', alias: 'o', describe: 'write to a file instead of stdout' },
    check: {
      type: 'boolean',
      default: true,
      describe: 'refuse a net that Caffe would refuse (--no-check prints it all the same)',
    },
    watch: { type: 'boolean', describe: 'build a module again whenever a file beside it changes, until interrupted' },
  },
  extraOptions: (words) => {
    const named = netIn(words);
    return named ? netOptions(named.name, named.options) : {};
  },
  run: async ({ net, output, proto, check, watch }, context, given) => {
    const isModule = isModuleName(net);
    if (watch) {
      if (!isModule) throw new UsageError('--watch is for modules: FILE.ts');
      const { buildAgain } = await import('../shared/watch.js');
      return buildAgain(net, output, context);
    }
    const schema = await readSchema(proto);
    if (/\.(prototxt|pbtxt|caffemodel|onnx)$/i.test(net))
      throw new NetspecError(`build makes a prototxt of a named net or of a module (.ts, .js), got '${net}'`, {
        hint: `to look at a net that is there, use netspec inspect ${net}`,
      });
    const built = isModule ? await buildModule(net) : buildNamed(net, given);
    // A named net is what its tests say, as long as no option changes it.
    const isChecked = check && (isModule || Object.keys(netOptionsGiven(net, given)).length > 0);
    if (isChecked) await checkNet(built, schema, isModule ? net : undefined);
    const text = formatPrototxt(built, { schema });
    if (output === undefined) context.stdout.write(text);
    else {
      const { writeFileAtomically } = await import('../../node/files.js');
      const report = reportStream([output], context);
      await writeFileAtomically(output, (sink) => sink.write(new TextEncoder().encode(text)));
      print(report, `wrote ${output}`);
    }
    return EXIT.ok;
  },
});

/** The net that a command line names. The value of an option may be the name of a net too: `--backbone vgg-16`. */
function netIn(words: readonly string[]): NamedNet | undefined {
  const flags = Object.entries<OptionSpec>(command.options).flatMap(([key, { type }]) =>
    type === 'boolean' ? [`--${optionName(key)}`, `--no-${optionName(key)}`] : [],
  );
  // Behind an option that takes no value, a word may be the net.
  const isValue = (i: number): boolean => /^--?\w[^=]*$/.test(words[i - 1] ?? '') && !flags.includes(words[i - 1]!);
  const places = words.flatMap((word, i) => namedNets.filter(({ name }) => name === word).map((net) => ({ net, i })));
  return (places.find(({ i }) => !isValue(i)) ?? places[0])?.net;
}

/** A named net's own options; all but flags stay text here, and are parsed and checked by the net's own table. */
function netOptions(name: string, options: readonly NetOption[]): OptionTable {
  const specs = options.map(({ name: option, type, choices, default: value, describe }): [string, OptionSpec] => {
    const shown = value === undefined || value === false ? '' : ` [default: ${value}]`;
    return [
      optionKey(option),
      {
        type: type === 'flag' ? 'boolean' : 'string',
        default: undefined,
        describe: describe + (choices ? ` (${choices.join(', ')})` : '') + shown,
        group: `Options of ${name}:`,
      },
    ];
  });
  return Object.fromEntries(specs);
}

function buildNamed(name: string, given: Readonly<Record<string, unknown>>): NetParameter {
  const net = namedNet(name);
  return net.build(parseNetOptions(net.options, netOptionsGiven(name, given)));
}

/** What the command line says of a named net's own options. */
function netOptionsGiven(name: string, given: Readonly<Record<string, unknown>>): Record<string, string | boolean> {
  const values: Record<string, string | boolean> = {};
  for (const { name: option } of namedNet(name).options) {
    const value = given[optionKey(option)];
    if (typeof value === 'string' || typeof value === 'boolean') values[option] = value;
  }
  return values;
}

/** The default export of a module: a NetSpec, a NetParameter, or a function, also async, that returns one of them. */
async function buildModule(file: string): Promise<NetParameter> {
  if (!existsSync(file))
    throw new NetspecError(`no file ${file}`, {
      hint: didYouMean(
        file,
        namedNets.map(({ name }) => name),
      ),
    });
  const exported = await importDefault(file);
  if (isRecord(exported) && typeof exported['toProto'] === 'function')
    return (exported as { toProto: () => NetParameter }).toProto();
  if (isRecord(exported) && Array.isArray(exported['layer'])) return exported;
  throw new NetspecError('the default export is no net', {
    file,
    hint: 'export default a NetSpec, what its toProto() gives, or a function that returns one of them',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * Refuses a net that Caffe would refuse, and types that only PyTorch or ONNX have. A vendor's own types are taken as they are.
 * @throws NetspecError with the layer
 */
async function checkNet(built: NetParameter, schema: Schema | undefined, file: string | undefined): Promise<void> {
  const { upgradeNet } = await import('../../proto/upgrade.js');
  const net = upgradeNet(built, { schema });
  const layers = net.layer ?? [];
  for (const layer of layers) {
    const { type = '' } = layer;
    if (!schema && !isKnownType(type) && caffeFormOf(type) !== undefined) withFile(file, () => lookUpLayer(layer));
  }
  const rules = layers.flatMap(({ include = [], exclude = [] }) => [...include, ...exclude]);
  // Levels and stages are chosen where the net is loaded.
  if (
    rules.some(
      ({ stage, not_stage, min_level, max_level }) => (stage ?? not_stage ?? min_level ?? max_level) !== undefined,
    )
  )
    return;
  // Caffe takes an Input whose shape is given later.
  if (layers.some(({ type, input_param }) => type === 'Input' && !input_param?.shape?.length)) return;
  const { netShapes } = await import('../../runtime/net-shapes.js');
  const check = (phase: 'TEST' | 'TRAIN') => netShapes(net, { phase, stepOver: 'open', schema });
  withFile(file, () => {
    try {
      check('TEST');
    } catch (error) {
      if (!rules.some(({ phase }) => phase !== undefined)) throw error;
      // A net for training alone.
      check('TRAIN');
    }
  });
}

function withFile<T>(file: string | undefined, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const { hint = 'build --no-check prints the net all the same' } = error.details;
    throw new NetspecError(error.reason, { ...error.details, file: file ?? error.details.file, hint, cause: error });
  }
}
