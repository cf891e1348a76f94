/** junit: layers as test cases, in the XML that continuous integration shows. */
import type { BaselineComparison } from '../../verify/limits/baseline.js';
import type { LayerResult } from '../../verify/result.js';

/** One test case. */
interface Case {
  name: string;
  type: string;
  /** Why it fails. */
  failure?: string;
  skipped?: string;
}

/**
 * A suite with one case for each layer that has a reference.
 * @param describe what is said of a layer that fails
 * @param baseline where there is one, the cases that fail are those that got worse
 */
export function junitXml(
  suite: string,
  layers: readonly LayerResult[],
  describe: (layer: LayerResult) => string,
  baseline?: BaselineComparison,
): string {
  const worse = new Map(baseline?.worse.map(({ layer, what }) => [layer, what]));
  const failureOf = (layer: LayerResult): string | undefined =>
    baseline ? worse.get(layer.label) : layer.status === 'agrees' ? undefined : describe(layer);
  const cases: Case[] = layers
    .filter(({ status }) => status !== 'no reference')
    .map((layer) =>
      layer.status === 'stepped over'
        ? { name: layer.label, type: layer.type, skipped: layer.status }
        : { name: layer.label, type: layer.type, failure: failureOf(layer) },
    );
  for (const name of baseline?.missing ?? []) cases.push({ name, type: '', failure: 'is not compared any more' });
  const count = (isOne: (each: Case) => boolean): number => cases.filter(isOne).length;
  const failures = count(({ failure }) => failure !== undefined);
  const skipped = count((each) => each.skipped !== undefined);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escaped(suite)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}">`,
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines({ name, type, failure, skipped }: Case): string[] {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(type)}"`;
  if (failure !== undefined) return [`${head}>`, `      <failure message="${escaped(failure)}"/>`, '    </testcase>'];
  if (skipped !== undefined) return [`${head}>`, `      <skipped message="${escaped(skipped)}"/>`, '    </testcase>'];
  return [`${head}/>`];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 has no way to write. */
// eslint-disable-next-line no-control-regex -- the characters that are meant
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

function escaped(text: string): string {
  return text
    .replace(NOT_XML, '\ufffd')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
