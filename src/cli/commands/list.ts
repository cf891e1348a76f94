/**
 * netspec list: the nets that `netspec build` knows by name, with what they cost; the schemas that `--proto` knows; the
 * targets that `lint` knows.
 */
import { defineCommand, EXIT } from '../shared/command.js';
import { print, printJson, type Output } from '../shared/print.js';
import { tableLines } from '../shared/table.js';

export const command = defineCommand({
  name: 'list',
  describe:
    'list the nets that build knows by name, with parameters and GFLOPs; the Caffes of --proto, or the toolchains of lint',
  usage: '',
  positionals: {},
  options: {
    schemas: { type: 'boolean', describe: 'list the Caffes whose layers and fields are built in, for --proto' },
    targets: { type: 'boolean', describe: 'list the toolchains whose limits lint knows' },
    json: { type: 'boolean', describe: 'print as JSON' },
  },
  run: async ({ schemas, targets, json }, { stdout }) => {
    if (targets) {
      await listTargets(json, stdout);
      return EXIT.ok;
    }
    if (schemas) {
      await listSchemas(json, stdout);
      return EXIT.ok;
    }
    await listNets(json, stdout);
    return EXIT.ok;
  },
});

/** Each net with what it costs at its own input size; its options are in the help of build, and in the JSON. */
async function listNets(json: boolean, stdout: Output): Promise<void> {
  const [{ namedNets }, { netCost }] = await Promise.all([
    import('../../nets/named-nets.js'),
    import('../../runtime/net-cost.js'),
  ]);
  const rows = [];
  for (const { name, description, options, build } of namedNets) {
    const { parameters, macs } = await netCost(build());
    rows.push({ name, description, parameters, gflops: (2 * macs) / 1e9, options });
  }
  if (json) {
    printJson(stdout, rows);
    return;
  }
  print(
    stdout,
    ...tableLines(
      stdout,
      [{ title: 'net' }, { title: 'parameters', align: 'right' }, { title: 'GFLOPs', align: 'right' }, { title: '' }],
      rows.map(({ name, description, parameters, gflops }) => [
        name,
        `${(parameters / 1e6).toFixed(2)}M`,
        gflops.toFixed(2),
        description,
      ]),
    ),
    '',
    'netspec build NAME prints a net, netspec build NAME --help its options',
  );
}

/** Each target's name and title, and how many facts of it lint checks. */
async function listTargets(json: boolean, stdout: Output): Promise<void> {
  const { TARGETS } = await import('../../lint/index.js');
  if (json) {
    printJson(stdout, TARGETS);
    return;
  }
  const rows = TARGETS.map(({ name, title, isLegacy, limits = [], layers, unknownFields, todaysFormat }) => [
    name,
    title,
    isLegacy ? 'no' : 'yes',
    String(limits.length + [layers, unknownFields, todaysFormat].filter((fact) => fact).length),
  ]);
  const columns = ['target', 'toolchain', 'reads Caffe today', 'facts'].map((title) => ({ title }));
  print(stdout, ...tableLines(stdout, columns, rows));
}

/** Each fork's name, origin, and what its layers have beyond BVLC's. */
async function listSchemas(json: boolean, stdout: Output): Promise<void> {
  const { forks } = await import('../../proto/forks/catalog.js');
  const rows = forks()
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(({ name, aliases, title, origin, base, layerFields }) => ({
      name,
      aliases,
      title,
      origin,
      base,
      layerFields,
    }));
  if (json) {
    printJson(stdout, rows);
    return;
  }
  print(
    stdout,
    ...tableLines(
      stdout,
      ['name', 'Caffe', 'origin', 'adds to LayerParameter'].map((title) => ({ title })),
      rows.map(({ name, aliases, title, origin, layerFields }) => [
        [name, ...aliases].join(', '),
        title,
        origin,
        shortened(layerFields),
      ]),
    ),
  );
}

const MOST_FIELDS = 6;

function shortened(fields: readonly string[]): string {
  const shown = fields.slice(0, MOST_FIELDS).map((field) => field.replace(/_param$/, ''));
  const more = fields.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
