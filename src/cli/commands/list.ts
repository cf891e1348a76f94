/** netspec list: the nets that `netspec build` knows by name, with their options; or the schemas that `--proto` knows. */
import { defineCommand, EXIT } from '../shared/command.js';
import { print, printJson, type Output } from '../shared/print.js';
import { tableLines } from '../shared/table.js';

export const command = defineCommand({
  name: 'list',
  describe: 'list the nets that build knows by name, and their options; or the Caffes that --proto knows',
  usage: '',
  positionals: {},
  options: {
    schemas: { type: 'boolean', describe: 'list the Caffes whose layers and fields are built in, for --proto' },
    json: { type: 'boolean', describe: 'print as JSON' },
  },
  run: async ({ schemas, json }, { stdout }) => {
    if (schemas) {
      await listSchemas(json, stdout);
      return EXIT.ok;
    }
    const { namedNets } = await import('../../nets/named-nets.js');
    if (json) {
      printJson(
        stdout,
        namedNets.map(({ name, description, options }) => ({ name, description, options })),
      );
      return EXIT.ok;
    }
    for (const { name, description, options } of namedNets) {
      print(stdout, `${name}: ${description}`, '');
      const rows = options.map((o) => [
        `  --${o.name}`,
        o.choices?.join('|') ?? o.type,
        String(o.default ?? ''),
        o.describe,
      ]);
      print(
        stdout,
        ...tableLines(
          stdout,
          ['  option', 'value', 'default', ''].map((title) => ({ title })),
          rows,
        ),
      );
    }
    return EXIT.ok;
  },
});

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
