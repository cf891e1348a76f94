/** net-file: the one way in which commands read a net from a file, be it text (a prototxt) or binary (a caffemodel). */
import { NetspecError } from '../../errors.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import { isBinary as isBinaryHead, isOfKind, readHead, wrongKind } from '../../proto/file-kinds/index.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { netState, type StateOptions } from './net-options.js';

/** A file that holds a net, not read yet. */
export interface NetSource {
  /** Close it when done. */
  source: RandomAccess;
  isBinary: boolean;
  /** It is a solver's prototxt, which commands that look into files read as such. */
  isSolver: boolean;
}

/**
 * Opens a prototxt or a caffemodel; the content decides which it is, not the name.
 * @throws NetspecError when it cannot be read, is empty (a net for protobuf, and a mistake for everybody else), or is binary
 * and of another kind.
 */
export async function openNet(file: string): Promise<NetSource> {
  const { openFile } = await import('../../node/files.js');
  const source = await openFile(file);
  try {
    if (source.size === 0) throw new NetspecError('the file is empty', { file });
    const head = await readHead(source);
    const isBinary = isBinaryHead(head);
    const wrong = isBinary ? wrongKind(head, 'net file', false) : undefined;
    if (wrong) throw wrong.within({ file });
    return { source, isBinary, isSolver: isOfKind('solver', head) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A net out of a file, and the options with which `Net.load` builds it as the command line says. */
export interface NetInFile {
  /** In today's format. Of a caffemodel, without the values of its blobs. */
  net: NetParameter;
  /** Phase, level, stages, schema, and the file's name for errors. */
  options: Awaited<ReturnType<typeof netState>> & { file: string };
  isBinary: boolean;
}

/**
 * Reads a net from a prototxt or a caffemodel. Layers that `--layers` names are registered before.
 * @param accept `text` for commands that run the net: a caffemodel that Caffe wrote describes the training net
 * @throws NetspecError with file, line and column when it is no net.
 */
export async function readNet(
  file: string,
  state: StateOptions,
  accept: 'text' | 'text or binary' = 'text or binary',
): Promise<NetInFile> {
  const [options, { openFile }] = await Promise.all([netState(state), import('../../node/files.js')]);
  const source = await openFile(file);
  try {
    return await netFrom(source, { ...options, file }, accept);
  } finally {
    await source.close();
  }
}

/** {@link readNet} of a file that is open. */
export async function netFrom(
  source: RandomAccess,
  options: NetInFile['options'],
  accept: 'text' | 'text or binary' = 'text or binary',
): Promise<NetInFile> {
  const { file, schema } = options;
  const head = await readHead(source);
  const binary = isBinaryHead(head);
  const wrong = !binary
    ? undefined
    : accept === 'text'
      ? wrongKind(head, 'net', true)
      : wrongKind(head, 'net file', false);
  if (wrong) throw wrong.within({ file });
  if (!binary || accept === 'text') {
    const [{ decodeText }, { parsePrototxt }] = await Promise.all([
      import('../../node/files.js'),
      import('../../proto/text/parser.js'),
    ]);
    // Text ends at the first control character, which the head has; what follows may be gigabytes of weights.
    const text = binary ? head.bytes : await readPart(source, source.size);
    return { net: parsePrototxt(decodeText(text), { file, schema }), options, isBinary: false };
  }
  const [{ CaffemodelReader }, { upgradeNet }] = await Promise.all([
    import('../../proto/caffemodel-reader.js'),
    import('../../proto/upgrade.js'),
  ]);
  const { net } = await CaffemodelReader.open(source, { schema });
  return { net: upgradeNet(withoutBlobs(net)), options, isBinary: true };
}

/** @throws NetspecError when there are no layers: an empty file is a net for Caffe, and a mistake for everybody else. */
export function checkHasLayers(layers: readonly unknown[] | undefined, file: string): void {
  if (!layers || layers.length === 0) throw new NetspecError('the net has no layers', { file });
}

/** A net of any format without its weights. */
export function withoutBlobs(net: NetParameter): NetParameter {
  const strip = <T extends Pick<LayerParameter, 'blobs'>>(layer: T): T => {
    const stripped = derive(layer, {});
    delete stripped.blobs;
    return stripped;
  };
  return derive(net, {
    ...(net.layer && { layer: net.layer.map(strip) }),
    ...(net.layers && {
      layers: net.layers.map((v1) => strip(v1.layer ? derive(v1, { layer: strip(v1.layer) }) : v1)),
    }),
  });
}

/** The first bytes of a file, all of it when it has no more. */
export async function readPart(source: RandomAccess, bytes: number): Promise<Uint8Array> {
  const part = new Uint8Array(Math.min(bytes, source.size));
  await source.read(0, part);
  return part;
}
