/**
 * netspec list: the nets that `netspec build` knows by name, with what they cost; the schemas that `--proto` knows; the
 * targets that `lint` knows.
 */
import { defineCommand, EXIT } from '../shared/command.js';
import { print, printJson } from '../shared/print.js';
import { tableLines, type Column } from '../shared/table.js';

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
    const { records, columns, rows, note } = await (targets ? targetList() : schemas ? schemaList() : netList());
    if (json) printJson(stdout, records);
    else print(stdout, ...tableLines(stdout, columns, rows), ...(note === undefined ? [] : ['', note]));
    return EXIT.ok;
  },
});

/** What is listed: as JSON, and as a table. */
interface List {
  readonly records: readonly object[];
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** A line below the table. */
  readonly note?: string;
}

/** Each net with what it costs at its own input size; its options are in the help of build, and in the JSON. */
async function netList(): Promise<List> {
  const [{ namedNets }, { netCost }] = await Promise.all([
    import('../../nets/named-nets.js'),
    import('../../runtime/net-cost.js'),
  ]);
  const records = [];
  for (const { name, description, options, build } of namedNets) {
    const { parameters, macs } = await netCost(build());
    records.push({ name, description, parameters, gflops: (2 * macs) / 1e9, options });
  }
  return {
    records,
    columns: [
      { title: 'net' },
      { title: 'parameters', align: 'right' },
      { title: 'GFLOPs', align: 'right' },
      { title: '' },
    ],
    rows: records.map(({ name, description, parameters, gflops }) => [
      name,
      `${(parameters / 1e6).toFixed(2)}M`,
      gflops.toFixed(2),
      description,
    ]),
    note: 'netspec build NAME prints a net, netspec build NAME --help its options',
  };
}

/** Each target's name and title, and how many facts of it lint checks. */
async function targetList(): Promise<List> {
  const { TARGETS } = await import('../../lint/index.js');
  return {
    records: TARGETS,
    columns: ['target', 'toolchain', 'reads Caffe today', 'facts'].map((title) => ({ title })),
    rows: TARGETS.map(({ name, title, isLegacy, limits = [], layers, unknownFields, todaysFormat }) => [
      name,
      title,
      isLegacy ? 'no' : 'yes',
      String(limits.length + [layers, unknownFields, todaysFormat].filter((fact) => fact).length),
    ]),
  };
}

/** Each fork's name, origin, and what its layers have beyond BVLC's. */
async function schemaList(): Promise<List> {
  const { forks } = await import('../../proto/forks/catalog.js');
  const records = forks()
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(({ name, aliases, title, origin, base, layerFields }) => ({
      name,
      aliases,
      title,
      origin,
      base,
      layerFields,
    }));
  return {
    records,
    columns: ['name', 'Caffe', 'origin', 'adds to LayerParameter'].map((title) => ({ title })),
    rows: records.map(({ name, aliases, title, origin, layerFields }) => [
      [name, ...aliases].join(', '),
      title,
      origin,
      shortened(layerFields),
    ]),
  };
}

const MOST_FIELDS = 6;

function shortened(fields: readonly string[]): string {
  const shown = fields.slice(0, MOST_FIELDS).map((field) => field.replace(/_param$/, ''));
  const more = fields.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
