/** Each rule has a page, whose wrong net it finds a mistake in, and whose right net it does not. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fixNet, lint } from '../../src/lint/index.js';
import { RULES } from '../../src/lint/rules/index.js';
import { parsePrototxt } from '../../src/index.js';
import { applyPatch } from '../support/apply-patch.js';

const folder = new URL('../../docs/lint/', import.meta.url);
const names = RULES.map(({ name }) => name);

test('each rule has a file of its name and a page, and no other has', () => {
  const stems = (at: URL, ending: string) =>
    readdirSync(at)
      .filter((file) => file.endsWith(ending) && !/^(index|README)\./.test(file))
      .map((file) => file.slice(0, -ending.length));
  expect(stems(folder, '.md').sort()).toEqual([...names].sort());
  expect(stems(new URL('../../src/lint/rules/', import.meta.url), '.ts').sort()).toEqual([...names].sort());
});

/** The nets of a rule's page. */
function netsOf(rule: string): { wrong: string; right: string } | undefined {
  const page = readFileSync(new URL(`${rule}.md`, folder), 'utf8');
  const net = (title: string) => new RegExp(`## ${title}\\n\\n\`\`\`prototxt\\n([^\`]*)\`\`\``).exec(page)?.[1];
  const [wrong, right] = [net('Wrong'), net('Right')];
  return wrong !== undefined && right !== undefined ? { wrong, right } : undefined;
}

test('rules that look at the net alone have nets on their pages', () => {
  const without = RULES.filter(
    ({ name, needsWeights }) => !needsWeights && !name.startsWith('target-') && !netsOf(name),
  );
  expect(without).toEqual([]);
});

describe.each(names.filter((name) => netsOf(name)))('%s', (rule) => {
  const { wrong, right } = netsOf(rule)!;

  test('finds the mistake of its page, with its place', async () => {
    const found = (await lint(wrong, { file: 'net.prototxt' })).filter((finding) => finding.rule === rule);
    expect(found).not.toEqual([]);
    for (const finding of found) {
      expect(finding.message).toMatch(/^[A-Z].*[.)'\d]$/);
      if (finding.layer) expect(finding).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    }
  });

  test('finds nothing in the right net, and nor does any other', async () => {
    expect(await lint(right)).toEqual([]);
  });

  test('its edit is a patch that applies and mends it', async () => {
    const found = (await lint(wrong, { file: 'net.prototxt' })).find((finding) => finding.rule === rule)!;
    if (!found.edit) return;
    const mended = applyPatch(wrong, found.patch!);
    expect((await lint(mended)).filter((finding) => finding.rule === rule)).toEqual([]);
    if (!found.isExact) return;
    const { text, fixed, findings } = await fixNet(wrong);
    expect(fixed.map((finding) => finding.rule)).toContain(rule);
    expect(findings.filter((finding) => finding.isExact)).toEqual([]);
    // The text is a net, and --fix has nothing to do in it.
    expect(parsePrototxt(text).layer).not.toEqual([]);
    expect((await fixNet(text)).fixed).toEqual([]);
  });
});
