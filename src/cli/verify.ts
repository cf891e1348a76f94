/** netspec verify: compares a net layer by layer with reference outputs and names the first layer that diverges. */
import { EXIT, print, printJson, stateOptions, type Command } from './command.js';
import { loadNet, setInputs, type NetOptions } from './load-net.js';
import { createProgress } from './progress.js';
import { tableLines } from './table.js';

interface VerifyCliOptions extends NetOptions {
  weights: string;
  input: string[];
  reference: string;
  map: string;
  rtol: number;
  atol: number;
  strict: boolean;
  json: boolean;
  failuresOnly: boolean;
}

export const verifyCommand: Command<VerifyCliOptions> = {
  command: 'verify <net>',
  describe: 'compare every layer with reference outputs; exit 1 when one diverges',
  options: (argv) =>
    stateOptions(
      argv
        .positional('net', { type: 'string', demandOption: true, describe: 'prototxt of the net' })
        .option('weights', { alias: 'w', type: 'string', demandOption: true, describe: 'caffemodel' })
        .option('input', {
          alias: 'i',
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'NAME=FILE.npy, for each input',
        })
        .option('reference', {
          alias: 'r',
          type: 'string',
          demandOption: true,
          describe: 'folder of .npy files, one a layer',
        })
        .option('map', {
          type: 'string',
          default: 'maskrcnn-benchmark',
          describe: 'how layer names become reference names',
        })
        .option('rtol', { type: 'number', default: 1e-3, describe: 'relative tolerance, as in numpy.allclose' })
        .option('atol', { type: 'number', default: 1e-4, describe: 'absolute tolerance, as in numpy.allclose' })
        .option('algorithm', {
          choices: ['auto', 'gemm'] as const,
          default: 'gemm' as const,
          describe: 'convolution algorithm',
        })
        .option('strict', {
          type: 'boolean',
          default: true,
          describe: 'refuse weights that leave layers at filler values',
        })
        .option('failures-only', { type: 'boolean', default: false, describe: 'list only layers that diverge' })
        .option('json', { type: 'boolean', default: false, describe: 'print the report as JSON' }),
    ).example('$0 net.prototxt -w net.caffemodel -i data=input.npy -r outputs/', '') as never,
  run: async (options, context) => {
    const { NpyFolderSource, nameMap, reportToJson, summaryLines, tableRow, TABLE_HEADER, verify } =
      await import('../node.js');
    const map = nameMap(options.map);
    const references = await NpyFolderSource.open(options.reference);
    const net = await loadNet(options, options.strict, context);
    const progress = await createProgress('verify', context.stderr);
    try {
      await setInputs(net, options.input, context);
      const report = await verify(net, {
        references,
        map,
        rtol: options.rtol,
        atol: options.atol,
        onProgress: progress.update,
      });
      progress.stop();
      if (options.json) printJson(context.stdout, reportToJson(report));
      else {
        const rows = options.failuresOnly
          ? report.layers.filter(({ status }) => status === 'diverges' || status === 'shape differs')
          : report.layers;
        const columns = TABLE_HEADER.map((title, i) => ({
          title,
          align: i >= 3 && i <= 5 ? ('right' as const) : ('left' as const),
        }));
        if (rows.length > 0) print(context.stdout, ...tableLines(columns, rows.map(tableRow)), '');
        print(context.stdout, ...summaryLines(report));
      }
      return report.ok ? EXIT.ok : EXIT.checkFailed;
    } finally {
      progress.stop();
      net.dispose();
      await references.close();
    }
  },
};
