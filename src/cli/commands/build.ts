/** netspec build: prints the prototxt of a named net, or of the net that a TypeScript or JavaScript file exports. */
import { existsSync } from 'node:fs';
import { didYouMean, NetspecError } from '../../errors.js';
import type { NetParameter } from '../../generated/messages.js';
import { namedNet, namedNets } from '../../nets/named-nets.js';
import { parseNetOptions, type NetOption } from '../../nets/options.js';
import { formatPrototxt } from '../../proto/text/printer.js';
import { importDefault, isModuleName } from '../../node/import-module.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { readSchema, SCHEMA_OPTIONS } from '../shared/net-options.js';
import { optionKey, type OptionSpec, type OptionTable } from '../shared/options.js';
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
  },
  extraOptions: (words) => {
    const named = namedNets.find(({ name }) => words.includes(name));
    return named ? netOptions(named.name, named.options) : {};
  },
  run: async ({ net, output, proto }, context, given) => {
    const built = isModuleName(net) ? await buildModule(net) : buildNamed(net, given);
    const text = formatPrototxt(built, { schema: await readSchema(proto) });
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

/** A named net's own options; all but flags stay text here, and are parsed and checked by the net's own table. */
function netOptions(name: string, options: readonly NetOption[]): OptionTable {
  const specs = options.map(({ name: option, type, choices, default: value, describe }): [string, OptionSpec] => {
    const shown = value === undefined || value === false ? '' : ` [default: ${value}]`;
    return [
      optionKey(option),
      {
        type: type === 'flag' ? 'boolean' : 'string',
        default: undefined,
        describe: describe + (choices ? ` (${choices.join('|')})` : '') + shown,
        group: `Options of ${name}:`,
      },
    ];
  });
  return Object.fromEntries(specs);
}

function buildNamed(name: string, given: Readonly<Record<string, unknown>>): NetParameter {
  const net = namedNet(name);
  const values: Record<string, string | boolean> = {};
  for (const { name: option } of net.options) {
    const value = given[optionKey(option)];
    if (typeof value === 'string' || typeof value === 'boolean') values[option] = value;
  }
  return net.build(parseNetOptions(net.options, values));
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
