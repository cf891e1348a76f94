/** netspec new: a folder with a net to begin with, a test that verifies it, and what the compiler and npm need. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import { defineCommand, EXIT } from '../shared/command.js';
import { projectFiles } from '../shared/project.js';
import { print } from '../shared/print.js';

export const command = defineCommand({
  name: 'new',
  describe: 'begin a project: a net in TypeScript, a test that verifies it, and their settings',
  usage: 'FOLDER',
  positionals: {
    folder: { type: 'string', required: true, describe: 'folder to make; its name becomes that of the package' },
  },
  options: {
    netspec: {
      type: 'string',
      describe:
        'what package.json depends on: a version, or file: and a tarball or folder; default: the netspec that runs, by version, or by ' +
        'the tarball or folder that it is from',
    },
  },
  examples: [['$0 my-net && cd my-net && npm install && npm test', 'a net that type-checks, builds and runs']],
  run: async ({ folder, netspec }, { stdout }) => {
    const name = path.basename(path.resolve(folder));
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
      throw new NetspecError(`'${name}' is no name for a package`, {
        hint: 'use lower-case letters, digits, and - . _ between them',
      });
    if (existsSync(folder))
      throw new NetspecError(`${folder} is there already`, { hint: 'nothing was written; choose another name' });
    const { textFile, writeFilesAtomically } = await import('../../node/files.js');
    const { ownDependency } = await import('../../node/own-package.js');
    const files = projectFiles(name, netspec ?? ownDependency(folder));
    await writeFilesAtomically(
      Object.entries(files).map(([file, text]) => textFile(path.join(folder, file), text)),
      { makeFolders: true },
    );
    print(
      stdout,
      `wrote ${Object.keys(files).join(', ')} to ${folder}`,
      `next: cd ${folder} && npm install && npm test && npx netspec build net.ts`,
    );
    return EXIT.ok;
  },
});
