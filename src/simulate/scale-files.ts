/** scale-files: scales written for toolchains, and read from what they wrote. */
import { TEXT, checkArguments, fields, LIST } from '../arguments.js';
import { NetspecError, didYouMean } from '../errors.js';
import { TABLES } from './tables/index.js';
import type { GivenScales, ScaleTable, TableFormat } from './tables/table.js';

/** @throws NetspecError for a name that no form has. */
export function tableFormat(name: string): TableFormat {
  const names = TABLES.map((table) => table.name);
  const found = TABLES.find((table) => table.name === name);
  if (found) return found;
  throw new NetspecError(`there is no form of scales '${name}'`, {
    hint: didYouMean(name, names) ?? `forms are ${names.join(', ')}`,
  });
}

/**
 * The scales of a simulation in a form that a toolchain reads.
 * @param form `json`, `ncnn`, `amct`, `tpu-mlir` or `tpu-mlir-qtable`
 * @throws NetspecError for another form, and for scales that the form cannot hold.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const { scales } = await simulate(net, { format: 'int8', sensitivity: false });
 * formatScales('ncnn', scales!).startsWith('conv1_param_0 '); // → true
 */
export function formatScales(form: string, scales: ScaleTable): string {
  checkArguments('formatScales()', {
    form: [form, TEXT],
    scales: [
      scales,
      fields("scales, such as simulate() gives for 'int8'", { weighted: LIST, values: LIST, kept: LIST }),
    ],
  });
  return tableFormat(form).write(scales);
}

/**
 * Reads scales that a toolchain, or {@link formatScales}, wrote: what `scales` of `simulate` takes.
 * @param form as of {@link formatScales}; default: the one that the text has the look of
 * @throws NetspecError for a form that holds no scales, and for text of another form, with the line or the field.
 * @example
 * const { inputs } = parseScaleTable('conv1_param_0 120.5 98.25\nconv1 63.5\n');
 * inputs!.get('conv1'); // → { scale: 0.01574803143739700317, zeroPoint: 0 }
 */
export function parseScaleTable(text: string, form?: string): GivenScales {
  checkArguments('parseScaleTable()', { text: [text, TEXT], form: [form ?? '', TEXT] });
  const { name, read } = tableFormat(form ?? formOf(text));
  if (!read) throw new NetspecError(`a file of the form '${name}' holds no scales`);
  const scales = read(text);
  if (Object.values(scales).every((each: ReadonlyMap<string, unknown>) => each.size === 0))
    throw new NetspecError('the file has no scales');
  return scales;
}

function formOf(text: string): string {
  const start = text.trimStart();
  if (start.startsWith('{')) return 'json';
  if (/^record\s*\{/.test(start)) return 'amct';
  const line = start.split('\n').find((each) => each.trim() !== '' && !each.startsWith('#'));
  return /^\S+_param_0\s/.test(line ?? '') || !/^\S+(?:\s+\S+){3}$/.test((line ?? '').trim()) ? 'ncnn' : 'tpu-mlir';
}
