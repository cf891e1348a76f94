/** fix: the edit that mends a cause, as a unified diff. */
import type { LayerParameter } from '../generated/messages.js';
import { addressOf } from '../proto/message.js';
import { formatPrototxt } from '../proto/text/printer.js';
import type { Schema } from '../proto/schema.js';
import type { Fix } from './hypotheses/hypothesis.js';
import { unifiedDiff } from './unified-diff.js';

/** The edit as a unified diff. Lines of a prototxt are counted as netspec prints it. */
export function formatFix(fix: Fix, schema?: Schema): string {
  if (fix.place !== 'prototxt') return unifiedDiff(fix.before.join('\n'), fix.after.join('\n'), { file: fix.file });
  const [first] = fix.before;
  const { file, line } = (first && addressOf(first)) ?? {};
  const text = (layer: readonly LayerParameter[]) =>
    formatPrototxt({ layer: [...layer] }, { type: 'NetParameter', schema });
  return unifiedDiff(text(fix.before), text(fix.after), {
    file: file ?? 'net.prototxt',
    line,
    heading: first?.name === undefined ? undefined : `layer ${first.name}`,
  });
}
