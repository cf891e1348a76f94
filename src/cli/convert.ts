/** netspec convert: text to binary and back, bringing old formats up to date on the way. */
import { NetspecError } from '../errors.js';
import { decodeNet, encodeNet, formatPrototxt, parsePrototxt, upgradeNet, type Schema } from '../proto/index.js';
import type { NetParameter } from '../generated/messages.js';
import { decodeText, readBytes, writeFileAtomically } from '../node/files.js';
import { EXIT, print, readSchema, schemaOption, type Command } from './command.js';

interface ConvertOptions {
  input: string;
  output?: string;
  to?: 'text' | 'binary';
  upgrade: boolean;
  blobs: boolean;
  proto?: string;
}

/** Beyond this much binary the text, some five times as long, passes what a JavaScript string can hold. */
const MOST_BYTES_AS_TEXT = 100e6;

export const convertCommand: Command<ConvertOptions> = {
  command: 'convert <input> [output]',
  describe: 'convert a net between text and binary, upgrading V0 and V1 formats',
  options: (argv) =>
    schemaOption(argv)
      .positional('input', { type: 'string', demandOption: true, describe: 'a prototxt or a caffemodel' })
      .positional('output', { type: 'string', describe: 'file to write; without it, stdout' })
      .option('to', {
        choices: ['text', 'binary'] as const,
        describe: 'default: by the extension of output, else the other one',
      })
      .option('upgrade', {
        type: 'boolean',
        default: true,
        describe: 'bring old formats up to date (--no-upgrade keeps them)',
      })
      .option('blobs', {
        type: 'boolean',
        default: true,
        describe: 'keep the weights (--no-blobs leaves them out)',
      }),
  run: async ({ input, output, to, upgrade, blobs, proto }, { stdout }) => {
    const schema = await readSchema(proto);
    const bytes = await readBytes(input);
    const binary = isBinary(bytes);
    const target = to ?? byExtension(output) ?? (binary ? 'text' : 'binary');
    let net = binary
      ? decode(bytes, input, schema)
      : parsePrototxt(decodeText(bytes), { file: input, upgrade: false, schema });
    if (upgrade) net = upgradeNet(net);
    if (!blobs) net = withoutBlobs(net);
    else if (target === 'text' && bytes.length > MOST_BYTES_AS_TEXT)
      throw new NetspecError(`${input} holds too many weights for text`, { hint: 'leave them out with --no-blobs' });
    const result =
      target === 'text' ? new TextEncoder().encode(formatPrototxt(net, { schema })) : encodeNet(net, schema);
    if (output === undefined || output === '-') stdout.write(result);
    else {
      await writeFileAtomically(output, (sink) => sink.write(result));
      print(stdout, `wrote ${output}: ${result.length} bytes of ${target}`);
    }
    return EXIT.ok;
  },
};

function decode(bytes: Uint8Array, file: string, schema: Schema | undefined): NetParameter {
  try {
    return decodeNet(bytes, { schema });
  } catch (error) {
    throw error instanceof NetspecError ? error.within({ file }) : error;
  }
}

/** A binary message has control characters among its first tags and lengths; a text has none but white space. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 4096).some((b) => b < 9 || (b > 13 && b < 32));
}

function byExtension(output: string | undefined): 'text' | 'binary' | undefined {
  if (output === undefined) return undefined;
  if (/\.(prototxt|pbtxt|txt)$/.test(output)) return 'text';
  return /\.(caffemodel|pb|bin|binaryproto)$/.test(output) ? 'binary' : undefined;
}

function withoutBlobs(net: NetParameter): NetParameter {
  const strip = <T extends { blobs?: unknown }>({ blobs: _blobs, ...layer }: T) => layer;
  return {
    ...net,
    ...(net.layer ? { layer: net.layer.map(strip) } : {}),
    ...(net.layers ? { layers: net.layers.map(strip) } : {}),
  };
}
