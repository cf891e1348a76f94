/** causes: explanations as a report gives them, each with the edit that mends it, written against what those before it left. */
import { NetspecError } from '../errors.js';
import { newerThanTag } from '../proto/newer-fields.js';
import type { Explanation } from './diagnose.js';
import type { Cause } from './diagnosis.js';
import { listed } from './hypotheses/edits.js';
import type { PrototxtFix, ScriptFix, Variant } from './hypotheses/hypothesis.js';
import type { NetText } from '../proto/patch/net-text.js';
import type { FloatTensor } from './tensors.js';

/** A cause with what is to be done about it. */
export interface Mend {
  cause: Cause;
  /** The layer that is changed. */
  layer: string;
  /** The edit that was chosen, where it is one of the prototxt that can be written. */
  edit?: PrototxtFix;
  /** Parameters of layers, by name; 'filler' where the layer's own fillers make them. */
  values: Readonly<Record<string, 'filler' | (() => readonly FloatTensor[])>>;
  /** What blobs are fed instead, by name. */
  inputs: ReadonlyMap<string, () => FloatTensor>;
  /** References that are to be changed, by name; undefined those that the model has to give anew. */
  references: ReadonlyMap<string, ((reference: FloatTensor) => FloatTensor) | undefined>;
}

/** The cause that the first explanation is; the others are its alternatives. The text is edited by what mends it. */
export function mendOf(
  [first, ...others]: readonly [Explanation, ...Explanation[]],
  text: NetText,
  topName: (layer: number, top: number) => string,
): Mend {
  const { edit, ...written } = writtenFix(first.variant, text);
  const alternatives = others.map((each): Cause => ({
    ...causeOf(each, []),
    ...withoutEdit(writtenFix(each.variant, text)),
  }));
  const cause = { ...causeOf(first, alternatives), ...written };
  if (edit) text.text = text.with(edit);
  const { variant, suspect, index, top } = first;
  const { blobs, output, reference } = variant.change;
  const { referenceName } = suspect;
  return {
    cause,
    layer: suspect.name,
    edit,
    values: { ...(blobs && { [suspect.name]: blobs }), ...variant.values },
    inputs: new Map(
      variant.inputs
        ? Object.entries(variant.inputs)
        : cause.fixPlace === 'input' && output && suspect.bottoms.length === 0
          ? [[topName(index, top), () => output(suspect.output)]]
          : [],
    ),
    references: new Map(
      cause.fixPlace === 'reference' && referenceName !== undefined ? [[referenceName, reference]] : [],
    ),
  };
}

function causeOf({ trial, variant, suspect }: Explanation, alternatives: Cause[]): Cause {
  return {
    ...trial,
    layer: variant.culprit?.name ?? suspect.name,
    type: variant.culprit?.type ?? suspect.type,
    explanation: variant.explanation,
    fix: '',
    fixPlace: variant.fix.place,
    alternatives,
  };
}

interface WrittenFix extends Pick<Cause, 'fix' | 'fixPlace' | 'remark' | 'numbers'> {
  edit?: PrototxtFix;
}

function withoutEdit({ edit: _edit, ...written }: WrittenFix): Omit<WrittenFix, 'edit'> {
  return written;
}

/** The edit in the schema in use: the first that can be written. */
function writtenFix({ fix, instead, numbers }: Variant, text: NetText): WrittenFix {
  if (fix.place !== 'prototxt') return { fix: numpyLines(fix), fixPlace: fix.place };
  for (const edit of [fix, ...(instead ? [instead.fix] : [])]) {
    const patch = patchOf(edit, text);
    if (patch === undefined) continue;
    const remark =
      edit === fix
        ? remarkOn(edit, instead?.words, text)
        : `this schema lacks what says so: instead, ${instead!.words}`;
    return {
      fix: patch,
      fixPlace: 'prototxt',
      edit,
      ...(remark !== undefined && { remark }),
      ...(numbers && { numbers: `${numbers.join('\n')}\n` }),
    };
  }
  const lacks = 'the schema in use has no field or layer that does this: no edit of the prototxt can be written';
  return { fix: '', fixPlace: 'prototxt', remark: lacks };
}

function patchOf(edit: PrototxtFix, text: NetText): string | undefined {
  try {
    const [first] = edit.before;
    return text.diffTo(text.with(edit), first?.name === undefined ? undefined : `layer ${first.name}`);
  } catch (error) {
    // The schema lacks a field, or a type.
    if (error instanceof NetspecError) return undefined;
    throw error;
  }
}

/** What has to be known about an edit that needs more than Caffe's tag 1.0, or another text than the file's. */
function remarkOn({ before, after }: PrototxtFix, instead: string | undefined, text: NetText): string | undefined {
  const old = newerThanTag(before);
  const newer = newerThanTag(after).filter((what) => !old.includes(what));
  const remarks: string[] = [];
  if (newer.length > 0)
    remarks.push(
      `${listed(newer)} came after Caffe's tag 1.0, and a compiler of that Caffe refuses it` +
        (instead === undefined ? '' : `; what every Caffe reads instead: ${instead}`),
    );
  if (!text.isOfFile && text.isGiven)
    remarks.push('the patch is of the file in the current format: netspec convert writes it');
  return remarks.length > 0 ? remarks.join('. ') : undefined;
}

/** Lines of a script: what stands there now as a comment, and what should. */
function numpyLines({ file, before, after }: ScriptFix): string {
  const now =
    before.length === 1
      ? [`# ${file}, instead of ${before[0]!}`]
      : [`# ${file}, instead of`, ...before.map((line) => `#   ${line}`)];
  return `${[...now, ...after].join('\n')}\n`;
}
