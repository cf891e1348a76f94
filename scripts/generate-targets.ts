/** src/lint/targets/*.json → src/generated/targets.ts, so that the lint needs no file system. generate-schema.ts runs this. */
import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../src/lint/targets/', import.meta.url);

/** The text of targets.ts, without its header. */
export function targetsModule(): string {
  const targets = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as unknown);
  return `\n/** The targets as JSON: a list of Target. */\nexport const targetsJson =\n  ${JSON.stringify(JSON.stringify(targets))};\n`;
}
