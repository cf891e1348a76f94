/** netspec list: the nets that `netspec build` knows by name, with their options. */
import { defineCommand, EXIT } from '../shared/command.js';
import { print, printJson } from '../shared/print.js';
import { tableLines } from '../shared/table.js';

export const command = defineCommand({
  name: 'list',
  describe: 'list the nets that build knows by name, and their options',
  usage: '',
  positionals: {},
  options: { json: { type: 'boolean', describe: 'print as JSON' } },
  run: async ({ json }, { stdout }) => {
    const { namedNets } = await import('../../nets/index.js');
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
          ['  option', 'value', 'default', ''].map((title) => ({ title })),
          rows,
        ),
      );
    }
    return EXIT.ok;
  },
});
