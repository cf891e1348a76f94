/** netspec convert: text to binary and back, bringing old formats up to date on the way. */
import { NetspecError } from '../../errors.js';
import { CaffemodelReader } from '../../proto/caffemodel-reader.js';
import { decodeNet, encodeMessage, encodeNet } from '../../proto/codec.js';
import { encodeUtf8 } from '../../proto/utf8.js';
import { schemaOf } from '../../proto/message.js';
import { formatPrototxt } from '../../proto/text/printer.js';
import { needsUpgrade, upgradeNet } from '../../proto/upgrade.js';
import { parsePrototxt } from '../../proto/text/parser.js';
import { writeCaffemodel } from '../../proto/caffemodel-writer.js';
import type { ByteSink, RandomAccess } from '../../proto/random-access.js';
import type { Schema } from '../../proto/parse-schema.js';
import type { NetParameter } from '../../generated/messages.js';
import { decodeText, writeFileAtomically } from '../../node/files.js';
import { deployNet } from '../../runtime/deploy/deploy.js';
import { defineCommand, EXIT, UsageError } from '../shared/command.js';
import { openNet, readPart, withoutBlobs } from '../shared/net-file.js';
import { readSchema, STATE_OPTIONS } from '../shared/net-options.js';
import { print, reportStream, type Output } from '../shared/print.js';
import { checkNoRetargetOptions, retarget, RETARGET_OPTIONS } from '../shared/retarget.js';
import { readSolver } from '../shared/solver.js';
import { parseShapes } from '../shared/values.js';

type Format = 'text' | 'binary';
type Write = (sink: ByteSink) => Promise<unknown>;

/** Beyond this much binary the text, some five times as long, passes what a JavaScript string can hold. */
const MOST_BYTES_AS_TEXT = 100e6;
/** Bytes copied at a time. */
const COPY_BYTES = 4 * 2 ** 20;

export const command = defineCommand({
  name: 'convert',
  describe: 'convert a net between text and binary, upgrading V0 and V1 formats',
  usage: 'IN OUT [--target T] [--deploy]',
  positionals: {
    input: { type: 'string', required: true, describe: 'a prototxt (also of a solver) or a caffemodel' },
    output: { type: 'string', describe: 'file to write; without it, stdout' },
  },
  options: {
    ...STATE_OPTIONS,
    ...RETARGET_OPTIONS,
    to: {
      type: 'string',
      choices: ['text', 'binary'],
      describe: 'format to write; default: by the extension of the output, else the other format',
    },
    deploy: {
      type: 'boolean',
      describe: 'make a net for deployment of one for training: inputs for data, no losses, no labels',
    },
    inputShape: { type: 'string', array: true, describe: 'BLOB=1x3x224x224: the shape of an input, with --deploy' },
    upgrade: { type: 'boolean', default: true, describe: 'bring old formats up to date (--no-upgrade keeps them)' },
    blobs: { type: 'boolean', default: true, describe: 'keep the weights (--no-blobs leaves them out)' },
  },
  examples: [
    ['netspec convert old.prototxt new.prototxt', "bring a net to today's format"],
    [
      'netspec convert net.prototxt ncnn/net.prototxt --target ncnn -w net.caffemodel --output-weights ncnn/net.caffemodel',
      'rewrite a net for a toolchain',
    ],
  ],
  run: async ({ output, proto, ...options }, context) => {
    const { stdout, stderr } = context;
    if (options.target !== undefined) return retarget({ ...options, proto, output, target: options.target }, context);
    checkNoRetargetOptions(options);
    if (options.deploy && !options.upgrade)
      throw new UsageError("a net for deployment is in today's format: --deploy and --no-upgrade exclude each other");
    if (!options.deploy && options.inputShape.length > 0) throw new UsageError('--input-shape is for --deploy');
    const inputShapes = parseShapes('input-shape', options.inputShape);
    const schema = await readSchema(proto);
    const { source, isBinary, isSolver } = await openNet(options.input);
    try {
      const target = options.to ?? byExtension(output) ?? (isBinary === options.deploy ? 'binary' : 'text');
      const warn = (text: string) => {
        print(stderr, `warning: ${text}`);
      };
      if (isSolver && options.deploy)
        throw new NetspecError('this is a solver, which has no layers', { file: options.input, hint: 'give its net' });
      const change = (net: NetParameter): NetParameter => {
        const today = options.upgrade ? upgradeNet(net, { onWarning: warn, schema: schema ?? schemaOf(net) }) : net;
        if (!options.deploy) return today;
        const deployed = deployNet(today, { inputShapes });
        for (const remark of deployed.remarks) print(stderr, `note: ${remark}`);
        return deployed.net;
      };
      const wanted = { ...options, schema, change };
      const write = isBinary
        ? await fromBinary(source, target, wanted)
        : isSolver
          ? await solverFromText(source, target, wanted)
          : await fromText(source, target, wanted);
      if (output === undefined || output === '-') {
        await write(sinkOf(stdout));
        return EXIT.ok;
      }
      const report = reportStream([output], context);
      let length = 0;
      await writeFileAtomically(output, async (sink) => {
        await write({
          write: (bytes) => {
            length += bytes.length;
            return sink.write(bytes);
          },
        });
      });
      print(report, `wrote ${output}: ${length} bytes of ${target}`);
      return EXIT.ok;
    } finally {
      await source.close();
    }
  },
});

interface Wanted {
  upgrade: boolean;
  deploy: boolean;
  blobs: boolean;
  schema: Schema | undefined;
  /** The net as it is to be written. */
  change: (net: NetParameter) => NetParameter;
}

/** The net is read without its weights. From binary to binary these are copied as they stand, and so may be gigabytes. */
async function fromBinary(source: RandomAccess, target: Format, wanted: Wanted): Promise<Write> {
  const { upgrade, deploy, blobs, schema, change } = wanted;
  if (target === 'text' && blobs) {
    if (source.size > MOST_BYTES_AS_TEXT)
      throw new NetspecError('too many weights for text', {
        file: source.name,
        hint: 'leave them out with --no-blobs',
      });
    return writeWhole(change(await whole(source, schema)), target, schema);
  }
  const reader = await CaffemodelReader.open(source, { schema });
  const changes = deploy || (upgrade && needsUpgrade(reader.net, { schema: schema ?? schemaOf(reader.net) }));
  const net = changes ? change(reader.net) : reader.net;
  if (!blobs) return writeWhole(withoutBlobs(net), target, schema);
  if (!changes) return (sink) => copy(source, sink);
  const messages = (net.layer ?? []).map((layer) => ({ blobs: layer.blobs?.map((blob) => reader.messageOf(blob)) }));
  return (sink) => writeCaffemodel(sink, withoutBlobs(net), messages, { schema });
}

async function fromText(source: RandomAccess, target: Format, wanted: Wanted): Promise<Write> {
  const { blobs, schema, change } = wanted;
  const parsed = parsePrototxt(decodeText(await readPart(source, source.size)), {
    file: source.name,
    upgrade: false,
    schema,
  });
  const net = change(parsed);
  return writeWhole(blobs ? net : withoutBlobs(net), target, schema);
}

/** A solver has no weights. */
async function solverFromText(
  source: RandomAccess,
  target: Format,
  { upgrade, schema }: Pick<Wanted, 'upgrade' | 'schema'>,
): Promise<Write> {
  const solver = await readSolver(source, { schema, upgrade });
  const type = 'SolverParameter';
  const bytes =
    target === 'text' ? encodeUtf8(formatPrototxt(solver, { type, schema })) : encodeMessage(type, solver, schema);
  return (sink) => sink.write(bytes);
}

/** Text or bytes in one piece; made now, so that a net that cannot be written leaves no file begun. */
function writeWhole(net: NetParameter, target: Format, schema: Schema | undefined): Write {
  const bytes = target === 'text' ? new TextEncoder().encode(formatPrototxt(net, { schema })) : encodeNet(net, schema);
  return (sink) => sink.write(bytes);
}

async function whole(source: RandomAccess, schema: Schema | undefined): Promise<NetParameter> {
  try {
    return decodeNet(await readPart(source, source.size), { schema });
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file: source.name }) : error;
  }
}

async function copy(source: RandomAccess, sink: ByteSink): Promise<void> {
  const buffer = new Uint8Array(Math.min(source.size, COPY_BYTES));
  for (let done = 0; done < source.size; done += COPY_BYTES) {
    const piece = buffer.subarray(0, source.size - done);
    await source.read(done, piece);
    await sink.write(piece);
  }
}

/** A stream as a sink. It may hold on to what it is given, so it gets copies, and is waited for when it is full. */
function sinkOf(out: Output): ByteSink {
  return {
    async write(bytes) {
      if (out.write(new Uint8Array(bytes)) === false) await out.drained?.();
    },
  };
}

function byExtension(output: string | undefined): Format | undefined {
  if (output === undefined) return undefined;
  if (/\.(prototxt|pbtxt|txt)$/.test(output)) return 'text';
  return /\.(caffemodel|pb|bin|binaryproto)$/.test(output) ? 'binary' : undefined;
}
