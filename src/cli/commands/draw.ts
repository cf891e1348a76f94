/** netspec draw: a net as a picture, with the shapes of its blobs. */
import { NetspecError } from '../../errors.js';
import type { NetGraph } from '../../draw/graph.js';
import { filterNet } from '../../runtime/state-filter.js';
import { withState } from '../../runtime/net-options.js';
import { defineCommand, EXIT, type CommandContext } from '../shared/command.js';
import { errorLines } from '../shared/error-lines.js';
import { readNet } from '../shared/net-file.js';
import { NET_FILE_POSITIONAL, STATE_OPTIONS, type StateOptions } from '../shared/net-options.js';
import { print, reportStream } from '../shared/print.js';
import { openNetLines } from '../shared/stepped-over.js';

export const command = defineCommand({
  name: 'draw',
  describe: 'draw a net as an SVG picture',
  usage: 'NET -o net.svg',
  positionals: NET_FILE_POSITIONAL,
  options: {
    ...STATE_OPTIONS,
    output: { type: 'string', alias: 'o', describe: 'file to write, .svg; default: stdout' },
  },
  examples: [['$0 net.prototxt -o net.svg', '']],
  run: async (options, context) => {
    const { net, output } = options;
    if (output !== undefined && !/\.svg$/i.test(output))
      throw new NetspecError(`draw writes SVG, and '${output}' does not end in .svg`);
    const { drawNet, writeFileAtomically } = await import('../../node.js');
    const graph = await readGraph(net, options, context);
    if (graph.nodes.length === 0) throw new NetspecError('the net has no layers to draw', { file: net });
    const svg = await drawNet(graph);
    if (output === undefined) context.stdout.write(svg);
    else {
      const report = reportStream([output], context);
      await writeFileAtomically(output, (sink) => sink.write(new TextEncoder().encode(svg)));
      print(report, `wrote ${output}: ${graph.nodes.length} layers`);
    }
    return EXIT.ok;
  },
});

/** The net's graph with shapes, or without where the net cannot be built here: a net that trains from a database, say. */
async function readGraph(file: string, state: StateOptions, { stderr }: CommandContext): Promise<NetGraph> {
  const { Net, graphOfNet, graphOfProto } = await import('../../node.js');
  const { net: proto, options } = await readNet(file, state);
  try {
    const net = await Net.load(proto, { ...options, shapesOnly: true, stepOver: 'open', openInputs: true });
    print(stderr, ...openNetLines(net));
    const graph = graphOfNet(net);
    net.dispose();
    return graph;
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    print(stderr, ...errorLines(error, 'note: drawn as written and without shapes, as the net cannot be built: '));
    return graphOfProto(filterNet(withState(proto, options)));
  }
}
