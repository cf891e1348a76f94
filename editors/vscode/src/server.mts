/** server: the language server as the extension carries it: `netspec lsp` without the rest of the command line. */
import { parseArgs } from 'node:util';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from '../../../src/cli/lsp/server.js';
import { targetNamed } from '../../../src/lint/targets/index.js';
import { forkSchema } from '../../../src/proto/forks/catalog.js';

/** The extension's, put in as it is packed. */
declare const EXTENSION_VERSION: string;

const { values } = parseArgs({
  options: {
    proto: { type: 'string' },
    phase: { type: 'string', default: 'TEST' },
    target: { type: 'string', multiple: true, default: [] },
    stdio: { type: 'boolean' },
    clientProcessId: { type: 'string' },
  },
});
const { proto, phase, target } = values;

serve(createConnection(ProposedFeatures.all, process.stdin, process.stdout), {
  version: EXTENSION_VERSION,
  schema: proto === undefined ? undefined : forkSchema(proto),
  phase: phase === 'TRAIN' ? 'TRAIN' : 'TEST',
  targets: target.flatMap((names) => names.split(',')).map((name) => targetNamed(name)),
});
