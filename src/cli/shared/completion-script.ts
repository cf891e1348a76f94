/** completion-script: the commands and their options as a script of a shell. Words that name no option are completed as files. */
import type { Command } from './command.js';

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What may follow a command: its options, those that can be turned off with `--no-` in front, and the words of its choices. */
function wordsOf({ positionals, options }: Command): string[] {
  const choices = Object.values(positionals).flatMap((each) => ('choices' in each ? (each.choices ?? []) : []));
  const flags = Object.entries(options).map(([name, each]) => {
    const isOn = each.type === 'boolean' && 'default' in each && each.default === true;
    return `--${isOn ? 'no-' : ''}${kebab(name)}`;
  });
  return [...choices, ...flags, '--help'];
}

/**
 * The lines of a script to `source`. zsh runs the one of bash through its `bashcompinit`.
 * @param commands in the order in which they are offered
 */
export function completionScript(commands: readonly Command[], shell: 'bash' | 'zsh'): string[] {
  const cases = commands.map((command) => `    ${command.name}) words="${wordsOf(command).join(' ')}" ;;`);
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_netspec() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$word"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))',
    '}',
    'complete -o filenames -F _netspec netspec',
  ];
}
