/**
 * Builds the site of the documentation in site/: the pages of docs/, the reference of the commands from their table, and the reference of
 * the API by TypeDoc. Then every link is followed.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { build } from 'vitepress';
import { loadCommands } from '../src/cli/commands/index.js';
import { runCli } from '../src/cli/run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const SITE = path.join(root, 'site');
const COMMANDS = path.join(root, 'docs/commands.md');

/** The page of all commands: what `netspec COMMAND --help` prints. */
async function commandsPage(): Promise<string> {
  const sections: string[] = [];
  for (const { name, describe } of await loadCommands()) {
    const help = await helpOf(name);
    sections.push(`## ${name}\n\n${describe[0]!.toUpperCase()}${describe.slice(1)}.\n\n\`\`\`text\n${help}\`\`\`\n`);
  }
  return `# Commands\n\nWhat \`netspec COMMAND --help\` prints. [The command line](command-line.md) says what all commands have in common.\n\n${sections.join('\n')}`;
}

async function helpOf(name: string): Promise<string> {
  let text = '';
  const stream = {
    write: (chunk: string | Uint8Array) => (text += chunk.toString()) !== '',
    isTTY: false,
    columns: 100,
  };
  await runCli([name, '--help'], { stdout: stream, stderr: stream });
  return text;
}

async function apiReference(): Promise<void> {
  const app = await Application.bootstrapWithPlugins({ out: path.join(SITE, 'api') });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources');
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc found errors');
}

/** Links of the pages to files of the site, or to headings of them, that do not exist. */
function brokenLinks(): string[] {
  const base = process.env.NETSPEC_SITE_BASE ?? '/';
  const pages = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
  const texts = new Map(pages.map((page) => [page, readFileSync(path.join(SITE, page), 'utf8')]));
  return pages.flatMap((page) =>
    [...texts.get(page)!.matchAll(/<a [^>]*?href="([^"]*)"/g)]
      .map(([, href]) => href!.replaceAll('&amp;', '&'))
      .filter((href) => !/^[a-z]+:/.test(href))
      .filter((href) => {
        const [file = '', heading] = href.split('#');
        const folder = file.startsWith(base) ? '' : path.dirname(page);
        const linked = file === '' ? page : path.join(folder, file.startsWith(base) ? file.slice(base.length) : file);
        const target = existsSync(path.join(SITE, linked, 'index.html')) ? path.join(linked, 'index.html') : linked;
        if (!existsSync(path.join(SITE, target))) return true;
        const text = texts.get(target);
        return (
          heading !== undefined && heading !== '' && text !== undefined && !hasAnchor(text, decodeURIComponent(heading))
        );
      })
      .map((href) => `${page}: ${href}`),
  );
}

const hasAnchor = (html: string, name: string): boolean => html.includes(`id="${name}"`);

rmSync(SITE, { recursive: true, force: true });
try {
  writeFileSync(COMMANDS, await commandsPage());
  await build(path.join(root, 'docs'));
} finally {
  rmSync(COMMANDS, { force: true });
}
await apiReference();
const broken = [...new Set(brokenLinks())];
if (broken.length > 0) {
  process.stderr.write(`links that lead nowhere:\n${broken.map((line) => `  ${line}\n`).join('')}`);
  process.exitCode = 1;
} else process.stdout.write(`wrote the site to ${path.relative(process.cwd(), SITE) || '.'}\n`);
