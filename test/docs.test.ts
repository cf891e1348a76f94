/** The words of the documentation and of the help: short sentences, files that exist, links that lead somewhere. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadCommands } from '../src/cli/commands/index.js';
import { sentencesOf, sentencesOfMarkdown, type Sentence } from './support/sentences.js';

/** Readers whose first language is not English follow sentences up to this length. */
const MOST_WORDS = 30;

const root = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const guides = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
const files = ['README.md', 'CONTRIBUTING.md', ...guides.map((name) => `docs/${name}`)];

const tooLong = (sentences: readonly Sentence[]) =>
  sentences
    .filter(({ words }) => words > MOST_WORDS)
    .map(({ line, words, text }) => `${line}: ${words} words: ${text}`);

/** Text without its code blocks: what a reader reads. */
const prose = (text: string) => text.replace(/^( *)```[^]*?^\1```/gm, '');

describe.each(files)('%s', (file) => {
  const text = read(file);

  test(`has no sentence of more than ${MOST_WORDS} words`, () => {
    expect(tooLong(sentencesOfMarkdown(text))).toEqual([]);
  });

  test('links to files and headings that exist', () => {
    const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    const broken = local.filter((target) => {
      const [name = '', heading] = target.split('#');
      const linked = name === '' ? file : path.join(path.dirname(file), name);
      if (!existsSync(path.join(root, linked))) return true;
      return heading !== undefined && !anchorsOf(read(linked)).has(heading);
    });
    expect(broken).toEqual([]);
  });

  test('names files of the source that exist', () => {
    // CONTRIBUTING names files that a reader is to write.
    const written =
      file === 'CONTRIBUTING.md'
        ? [...text.matchAll(/(?:Write|a test of the values,|a test,|such as) `([^`]+)`/g)]
        : [];
    const named = [...prose(text).matchAll(/`((?:src|assembly|scripts|bench|test|examples)\/[\w./-]*\w)`/g)];
    const missing = named
      .map(([, name]) => name!)
      .filter((name) => !existsSync(path.join(root, name)) && !written.some(([, each]) => each === name));
    expect(missing).toEqual([]);
  });
});

test('README links to every guide', () => {
  // The front page of the site has the links that README has.
  const pages = guides.filter((name) => name !== 'index.md');
  expect(pages.filter((name) => !read('README.md').includes(`docs/${name}`))).toEqual([]);
});

test("the site's sidebar leads to every guide, and to nothing else", () => {
  const entries = [...read('docs/.vitepress/config.ts').matchAll(/\[(?:'[^']*'|"[^"]*"), '([\w-]+)'\]/g)];
  // The page of all commands is written when the site is built.
  const pages = guides.map((name) => name.replace('.md', '')).filter((name) => name !== 'index');
  expect(entries.map(([, page]) => page).sort()).toEqual([...pages, 'commands'].sort());
});

test('help texts have no long sentence either', async () => {
  const commands = await loadCommands();
  const texts = commands.flatMap(({ name, describe: what, positionals, options, examples = [] }) => [
    [name, what],
    ...Object.entries({ ...positionals, ...options }).map(([key, option]) => [`${name} ${key}`, option.describe]),
    ...examples.map(([line, why]) => [line, why]),
  ]);
  const long = texts.flatMap(([name, text]) => tooLong(sentencesOf(text!)).map((each) => `${name!} ${each}`));
  expect(long).toEqual([]);
  expect(texts.length).toBeGreaterThan(100);
});

/** What GitHub calls the headings of a text. */
function anchorsOf(text: string): Set<string> {
  const headings = [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

describe('sentences', () => {
  const wordsIn = (text: string) => sentencesOfMarkdown(text).map(({ line, words }) => [line, words]);

  test('end at full stops, not inside numbers, names and abbreviations', () => {
    expect(wordsIn('Caffe 1.0 reads net.prototxt. It is old!\n`run()` works. (Yes.)')).toEqual([
      [1, 4],
      [1, 3],
      [1, 2],
      [1, 1],
    ]);
  });

  test('end with a paragraph, an item, a heading and a cell', () => {
    expect(
      wordsIn('# A title\n\none two\nthree\n\n- an item\n  goes on\n- another\n\n| a b | c |\n|---|---|\n'),
    ).toEqual([
      [1, 2],
      [3, 3],
      [6, 4],
      [8, 1],
      [10, 2],
      [10, 1],
    ]);
  });

  test('are not in code blocks; code in backticks and links count as what is shown', () => {
    expect(
      wordsIn('Say `a b c` and [the link](x.md#y):\n\n    indented code here\n\n```ts\nmore code\n```\n\nEnd.'),
    ).toEqual([
      [1, 5],
      [9, 1],
    ]);
  });

  test('longer than allowed are found', () => {
    const words = Array.from({ length: MOST_WORDS + 1 }, () => 'word').join(' ');
    expect(tooLong(sentencesOfMarkdown(`Short.\n\n- ${words}.`))).toEqual([`3: 31 words: ${words}.`]);
    expect(tooLong(sentencesOf(words.slice(5)))).toEqual([]);
  });
});
