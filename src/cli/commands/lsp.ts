/** netspec lsp: the language server of prototxt, for editors. */
import { defineCommand } from '../shared/command.js';
import { version } from '../version.js';
import { readSchema, SCHEMA_OPTIONS } from '../shared/net-options.js';

export const command = defineCommand({
  name: 'lsp',
  describe: 'serve an editor: the language server protocol for prototxt',
  usage: '',
  positionals: {},
  options: {
    ...SCHEMA_OPTIONS,
    phase: { type: 'string', choices: ['TEST', 'TRAIN'], default: 'TEST', describe: 'phase whose layers are checked' },
    target: { type: 'string', array: true, describe: "toolchains to check for: names of 'netspec list --targets'" },
    stdio: { type: 'boolean', describe: 'speak on stdin and stdout, which is the only way and the default' },
    clientProcessId: { type: 'number', describe: 'process of the editor: the server ends when it does' },
  },
  examples: [['$0', 'what an editor runs; docs/editor.md has its configuration']],
  run: async ({ proto, phase, target }) => {
    const [{ createConnection, ProposedFeatures }, { serve }, { targetNamed }, schema] = await Promise.all([
      import('vscode-languageserver/node'),
      import('../lsp/server.js'),
      import('../../lint/targets/index.js'),
      readSchema(proto),
    ]);
    const targets = target.flatMap((names) => names.split(',')).map((name) => targetNamed(name));
    const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
    serve(connection, { schema, phase, targets, version: version() });
    // The library ends the process when the editor says so, or goes.
    return new Promise<never>(() => undefined);
  },
});
