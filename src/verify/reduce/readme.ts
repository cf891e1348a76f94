/** readme: the text beside a reduced net: what fails, how to see it here and in pycaffe, and what explains it. */
import { formatFigure } from '../../compare/figures.js';
import type { ReducedPort } from './reduce-port.js';

/** What the text names. */
export interface ReducedFiles {
  prototxt: string;
  weights: string;
  /** By blob. */
  inputs: Readonly<Record<string, string>>;
  references: Readonly<Record<string, string>>;
  /** The folder of the references. */
  folder: string;
  /** The tolerance file of the layer that differs, where it has limits of its own. */
  tolerance?: string;
}

/** The command line that shows the fault, run in the folder that was written. */
export function reducedCommand(
  { prototxt, weights, inputs, folder, tolerance: file }: ReducedFiles,
  tolerance: Tolerances,
): string {
  const fed = Object.entries(inputs).map(([blob, file]) => `-i ${quoted(`${blob}=${file}`)}`);
  const own = file === undefined ? '' : ` --tolerance ${file}`;
  const tolerances = `--rtol ${tolerance.rtol} --atol ${tolerance.atol}${own}`;
  return `netspec verify ${prototxt} -w ${weights} ${[...fed, `-r ${folder}`].join(' ')} --map blobs ${tolerances}`;
}
type Tolerances = { rtol: number; atol: number };

/** README.md of a reduced net. */
export function reducedReadme(reduced: ReducedPort, files: ReducedFiles, tolerance: Tolerances): string {
  const { part, at, comparison, failed, cause, suspects, wholeLayers } = reduced;
  const { rtol, atol } = at.tolerance ?? tolerance;
  const [output] = part.outputs;
  const blob = output!.blob;
  const reference = [...reduced.references.values()][0]!;
  const given = comparison
    ? `max abs ${formatFigure(comparison.maxAbs)}, max rel ${formatFigure(comparison.maxRel)}, ` +
      `cosine ${comparison.cosine.toFixed(6)}, ${comparison.outside} of ${comparison.count} values outside ` +
      `rtol ${rtol}, atol ${atol}`
    : `it gives ${reduced.shape.join('x')}, the reference is ${reference.shape.join('x')}`;
  const count = part.layers.length;
  return [
    `# ${at.label} (${at.type}) differs from its reference`,
    '',
    `This net of ${count} layer${count === 1 ? '' : 's'} is a part of one with ${wholeLayers}. It gives \`${blob}\`, and that is wrong:`,
    '',
    `    ${given}`,
    ...(failed ?? []).map((limit) => `    ${limit}`),
    '',
    'To see it, in this folder:',
    '',
    `    ${reducedCommand(files, tolerance)}`,
    '',
    'or with pycaffe:',
    '',
    '    import caffe, numpy as np',
    `    net = caffe.Net('${files.prototxt}', '${files.weights}', caffe.TEST)`,
    ...Object.entries(files.inputs).map(([name, file]) => `    net.blobs['${name}'].data[...] = np.load('${file}')`),
    '    net.forward()',
    ...Object.entries(files.references).map(
      ([name, file]) => `    print(np.abs(net.blobs['${name}'].data - np.load('${file}')).max())`,
    ),
    '',
    ...(cause
      ? [`What explains it: ${cause.id} at ${cause.layer} (${cause.type}): ${cause.label}.`, '', cause.explanation, '']
      : []),
    ...(suspects.length > 0 && !cause
      ? [
          `Any of these layers can be the wrong one, since none has a reference: ${[...suspects, at.name].join(', ')}.`,
          '',
        ]
      : []),
  ].join('\n');
}

/** A word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
