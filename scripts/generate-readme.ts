/** Writes README.md's list of commands from the table of commands in src/cli/commands/. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { loadCommands } from '../src/cli/commands/index.js';
import type { Command } from '../src/cli/shared/command.js';

const README = new URL('../README.md', import.meta.url);
const REGION = /(<!-- commands: .*? -->\n)[^]*?(<!-- end of commands -->)/;

/** README.md with the list of these commands in its place. */
export function withCommandTable(readme: string, commands: readonly Command[]): string {
  if (!REGION.test(readme)) throw new Error('README.md has lost the comments around its list of commands');
  const rows = commands.map(({ name, usage, describe }) => {
    const call = `netspec ${name} ${usage}`.trim();
    return `| \`${call.replaceAll('|', '\\|')}\` | ${describe.replaceAll('|', '\\|')} |\n`;
  });
  const table = `\n| command | what it does |\n|---|---|\n${rows.join('')}\n`;
  return readme.replace(REGION, (_, begin: string, end: string) => begin + table + end);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(README, withCommandTable(readFileSync(README, 'utf8'), await loadCommands()));
