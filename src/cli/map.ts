/** netspec map: proposes a name map for a net and weights whose names do not line up, as a rule file to edit. */
import { EXIT, print, printJson, stateOptions, type Command } from './command.js';
import { readNetAndShapes, type NetFileOptions } from './load-net.js';

interface MapOptions extends NetFileOptions {
  from: string;
  json: boolean;
}

export const mapCommand: Command<MapOptions> = {
  command: 'map <net>',
  describe: 'propose a name map for weights of other names, as a rule file; exit 1 when something is left open',
  options: (argv) =>
    stateOptions(
      argv
        .positional('net', { type: 'string', demandOption: true, describe: 'prototxt of the net' })
        .option('from', { type: 'string', demandOption: true, describe: 'weights, as pack-weights takes them' })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'print what was found for each layer, and how sure that is',
        }),
    ).example('$0 net.prototxt --from model.pth > map.json', ''),
  run: async (options, { stdout, stderr }) => {
    const { formatRuleFile, openWeights, proposalRemarks, proposeMap } = await import('../node.js');
    const { net, shapes, schema } = await readNetAndShapes(options);
    const source = await openWeights(options.from);
    try {
      const proposal = proposeMap({ net, shapes, source, schema });
      const { unfilled, unused, problems } = proposal;
      const complete = unfilled.length === 0 && unused.length === 0 && problems.length === 0;
      if (options.json) printJson(stdout, { complete, ...proposal });
      else {
        stdout.write(formatRuleFile(proposal.rules));
        print(stderr, ...proposalRemarks(proposal));
      }
      return complete ? EXIT.ok : EXIT.checkFailed;
    } finally {
      await source.close();
    }
  },
};
