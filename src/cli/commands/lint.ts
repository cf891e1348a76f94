/** netspec lint: the mistakes in a net, and what a toolchain does not take of it. */
import { formatAddress, NetspecError } from '../../errors.js';
import type { Finding, LintWeights, Severity } from '../../lint/index.js';
import { defineCommand, EXIT, UsageError, type CommandContext } from '../shared/command.js';
import { readHead, wrongKind } from '../../proto/file-kinds/index.js';
import { netState, NET_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { print, printJson, ReadyLine, reportStream, withLook } from '../shared/print.js';
import { checkIsText, targetOf } from '../shared/net-for-target.js';
import { asCommandLine } from '../shared/option-names.js';
import { sarifOf } from '../shared/sarif.js';
import { visible } from '../shared/visible.js';

export const command = defineCommand({
  name: 'lint',
  describe: 'find mistakes in a net, and what a compiler would refuse',
  usage: 'NET [-w W] [--target T,…]',
  positionals: NET_POSITIONAL,
  options: {
    ...STATE_OPTIONS,
    weights: { type: 'string', alias: 'w', describe: 'caffemodel, to look into its names and values' },
    target: {
      type: 'string',
      array: true,
      describe: "toolchains to check for: names that 'netspec list --targets' prints, or JSON files of your own",
    },
    rule: { type: 'string', array: true, describe: 'rules to apply; all by default' },
    fix: { type: 'boolean', describe: 'make the edits that are exact, in the file itself' },
    output: { type: 'string', alias: 'o', describe: 'with --fix: file to write in the place of NET' },
    patches: { type: 'boolean', default: true, describe: 'show edits as patches (--no-patches leaves them out)' },
    json: { type: 'boolean', describe: 'print the findings as JSON' },
    sarif: { type: 'boolean', describe: 'print the findings as SARIF 2.1.0, for code review tools' },
  },
  examples: [
    ['netspec lint deploy.prototxt -w net.caffemodel', 'look for mistakes in the net and its weights'],
    ['netspec lint deploy.prototxt --target ascend,nnie', 'and for what two compilers would refuse'],
    ['netspec lint deploy.prototxt --fix', 'mend what can be mended in one way only'],
  ],
  run: async (options, context) => {
    const { net: file, fix, output, json, sarif, rule } = options;
    if (output !== undefined && !fix) throw new UsageError('--output is for the net that --fix mends');
    if (json && sarif) throw new UsageError('give --json or --sarif, not both');
    const [{ fixNet, lint }, { readText, writeFileAtomically }, state] = await Promise.all([
      import('../../lint/index.js'),
      import('../../node/files.js'),
      netState(options),
    ]);
    await checkIsText(file);
    const text = await readText(file);
    // A net for Caffe, and a mistake for everybody else.
    if (text.replace(/#.*/g, '').trim() === '') throw new NetspecError('the net has no layers', { file });
    const targets = await Promise.all(options.target.flatMap((names) => names.split(',')).map(targetOf));
    const weights = options.weights === undefined ? undefined : await openWeights(options.weights, state.schema);
    try {
      const lintOptions = {
        ...state,
        file,
        targets,
        weights: weights?.weights,
        ...(rule.length > 0 && { rules: rule }),
      };
      let findings: readonly Finding[];
      if (fix) {
        const result = await fixNet(text, lintOptions);
        ({ findings } = result);
        const target = output ?? file;
        if (result.text !== text || output !== undefined)
          await writeFileAtomically(target, (sink) => sink.write(new TextEncoder().encode(result.text)));
        const report = json || sarif ? context.stderr : reportStream([target], context);
        for (const each of result.fixed) print(report, `fixed: ${headOf(each)}: ${each.fix!}`);
        if (result.text !== text) print(report, `wrote ${target}`);
      } else findings = await lint(text, lintOptions);
      findings = findings.map(withOptionNames);
      if (json) printJson(context.stdout, findings.map(publicOf));
      else if (sarif) printJson(context.stdout, await sarifOf(findings));
      else report(findings, options.patches, context);
      return findings.some(({ severity }) => severity === 'error') ? EXIT.checkFailed : EXIT.ok;
    } finally {
      await weights?.close();
    }
  },
});

async function openWeights(
  file: string,
  schema: Awaited<ReturnType<typeof netState>>['schema'],
): Promise<{ weights: LintWeights; close: () => Promise<void> }> {
  const [{ openFile }, { CaffemodelReader }] = await Promise.all([
    import('../../node/files.js'),
    import('../../proto/caffemodel-reader.js'),
  ]);
  const source = await openFile(file);
  try {
    const wrong = wrongKind(await readHead(source), 'caffemodel', false);
    if (wrong) throw wrong.within({ file });
    const reader = await CaffemodelReader.open(source, { schema });
    const layers = reader.layers.map(({ name, type, blobs }) => ({
      name,
      type,
      shapes: blobs.map(({ shape }) => shape),
    }));
    return {
      weights: { name: file, layers, read: (layer, blob) => reader.readBlob(layer, blob) },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A finding whose texts have the options as the command line calls them. */
function withOptionNames(finding: Finding): Finding {
  const { message, hint } = finding;
  return { ...finding, message: asCommandLine(message), ...(hint !== undefined && { hint: asCommandLine(hint) }) };
}

/** A finding without the messages of its edit. */
function publicOf({ edit: _, ...finding }: Finding): Omit<Finding, 'edit'> {
  return finding;
}

function headOf({ file, line, column, layer, rule }: Finding): string {
  const at = formatAddress({ file, line, column });
  return `${at === '' ? '' : `${at}: `}${layer ? `layer '${layer.name ?? ''}' (${layer.type ?? ''}): ` : ''}${rule}`;
}

function report(findings: readonly Finding[], withPatches: boolean, { stdout }: CommandContext): void {
  for (const finding of findings) {
    const { severity, message, hint, layer, file, line, column, rule, target, source, fix, isExact, patch } = finding;
    const at = formatAddress({ file, line, column });
    const who = layer ? `layer '${layer.name ?? ''}' (${layer.type ?? ''})` : 'the net';
    const look = severity === 'error' ? withLook(stdout, 'bad', severity) : severity;
    print(
      stdout,
      new ReadyLine(`${visible(at === '' ? '' : `${at}: `)}${look}: ${visible(who)}: ${visible(message)}  [${rule}]`),
    );
    if (target !== undefined) print(stdout, `  target ${target}${source === undefined ? '' : `; source: ${source}`}`);
    if (hint !== undefined) print(stdout, `  hint: ${hint}`);
    if (fix === undefined) continue;
    print(stdout, `  ${isExact ? 'fix, made by --fix' : 'possible fix'}: ${fix}`);
    if (withPatches && patch !== undefined && patch !== '') print(stdout, ...patch.trimEnd().split('\n'));
  }
  print(stdout, countsLine(findings));
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function countsLine(findings: readonly Finding[]): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const exact = findings.filter(({ isExact }) => isExact).length;
  const parts = (['error', 'warning', 'note'] as const).map((severity) => plural(count(severity), severity));
  return `${parts.join(', ')}${exact > 0 ? `; --fix mends ${exact}` : ''}`;
}
