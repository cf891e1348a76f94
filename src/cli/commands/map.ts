/** netspec map: proposes a name map for a net and weights whose names do not line up, as a rule file to edit. */
import { defineCommand, EXIT } from '../shared/command.js';
import { readNetAndShapes } from '../shared/load-net.js';
import { NET_FILE_POSITIONAL, STATE_OPTIONS } from '../shared/net-options.js';
import { print, printJson } from '../shared/print.js';
import { visibleJson } from '../shared/visible.js';
import { entryAdvice, ENTRY_OPTION, WEIGHTS_HELP } from '../shared/weights-help.js';

export const command = defineCommand({
  name: 'map',
  describe: 'propose a name map, as a rule file, for weights with other names; exit 1 when a blob is left unfilled',
  usage: 'NET --from SOURCE',
  positionals: NET_FILE_POSITIONAL,
  options: {
    from: { type: 'string', required: true, describe: WEIGHTS_HELP },
    ...ENTRY_OPTION,
    json: { type: 'boolean', describe: 'print what was found for each layer, and how certain it is' },
    ...STATE_OPTIONS,
  },
  examples: [['$0 net.prototxt --from model.pth > map.json', '']],
  run: async (options, { stdout, stderr }) => {
    const { formatRuleFile, openWeights, proposeMap } = await import('../../node.js');
    const { proposalRemarks } = await import('../../weights/maps/propose/remarks.js');
    const net = await readNetAndShapes(options, { stderr });
    const source = await openWeights(options.from, { schema: net.schema, entry: options.entry });
    try {
      const proposal = proposeMap({ ...net, source });
      const complete = proposal.unfilled.length === 0 && proposal.problems.length === 0;
      if (options.json) printJson(stdout, { complete, ...proposal });
      else {
        stdout.write(visibleJson(formatRuleFile(proposal.rules)));
        print(stderr, ...proposalRemarks(proposal));
        for (const preset of proposal.presets) print(stderr, `--map ${preset} fills this net as well`);
        const advice = complete ? undefined : entryAdvice(source);
        if (advice !== undefined) print(stderr, advice);
      }
      return complete ? EXIT.ok : EXIT.checkFailed;
    } finally {
      await source.close();
    }
  },
});
