/** netspec completion: a script for bash or zsh that completes commands and their options. */
import { defineCommand, EXIT } from '../shared/command.js';
import { completionScript } from '../shared/completion-script.js';
import { print } from '../shared/print.js';

export const command = defineCommand({
  name: 'completion',
  describe: 'print a script that completes commands and options in bash or zsh',
  usage: '[bash|zsh]',
  positionals: {
    shell: { type: 'string', choices: ['bash', 'zsh'], default: 'bash', describe: 'the shell to complete in' },
  },
  options: {},
  examples: [
    ['source <(netspec completion bash)', 'in ~/.bashrc'],
    ['source <(netspec completion zsh)', 'in ~/.zshrc, after compinit'],
  ],
  run: async ({ shell }, { stdout, loadCommands }) => {
    print(stdout, ...completionScript((await loadCommands?.()) ?? [], shell));
    return EXIT.ok;
  },
});
