/**
 * The table of commands: one row each, in the order of the help. Help, README's list and the tests are made of it. A command's
 * module is loaded when it is asked for, and all of them for the list in the help.
 */
import type { Command } from '../shared/command.js';

export const COMMANDS = {
  list: () => import('./list.js'),
  build: () => import('./build.js'),
  new: () => import('./new.js'),
  import: () => import('./import.js'),
  export: () => import('./export.js'),
  'pack-weights': () => import('./pack-weights.js'),
  map: () => import('./map.js'),
  verify: () => import('./verify.js'),
  forward: () => import('./forward.js'),
  time: () => import('./time.js'),
  optimize: () => import('./optimize.js'),
  lint: () => import('./lint.js'),
  view: () => import('./view.js'),
  lsp: () => import('./lsp.js'),
  inspect: () => import('./inspect.js'),
  diff: () => import('./diff.js'),
  extract: () => import('./extract.js'),
  cut: () => import('./cut.js'),
  reduce: () => import('./reduce.js'),
  convert: () => import('./convert.js'),
  draw: () => import('./draw.js'),
  preprocess: () => import('./preprocess.js'),
  detect: () => import('./detect.js'),
  classify: () => import('./classify.js'),
  completion: () => import('./completion.js'),
  doctor: () => import('./doctor.js'),
} satisfies Record<string, () => Promise<{ command: Command }>>;

export type CommandName = keyof typeof COMMANDS;

/** Whether a word of the command line names a command. */
export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** Loads a command. */
export async function loadCommand(name: CommandName): Promise<Command> {
  return (await COMMANDS[name]()).command;
}

/** Loads all commands, in the table's order. */
export async function loadCommands(): Promise<Command[]> {
  const commands: Command[] = [];
  for (const name of Object.keys(COMMANDS) as CommandName[]) commands.push(await loadCommand(name));
  return commands;
}
