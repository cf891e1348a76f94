/** written-blobs: what a weight file holds of each layer of a net that was changed, and how it is written. */
import type { BlobProto, LayerParameter, NetParameter } from '../generated/messages.js';
import type { CaffemodelReader } from '../proto/caffemodel-reader.js';
import { writeCaffemodel, type LayerBlobs } from '../proto/caffemodel-writer.js';
import type { ByteSink } from '../proto/random-access.js';
import type { Schema } from '../proto/schema.js';
import { withForkFields } from './fork-fields.js';
import type { LayerParameters, Storage } from './storage.js';
import type { Step } from './work.js';

/**
 * Writes the caffemodel of a net with the memory of a few blobs.
 * @param blobs what {@link writtenBlobs} gave for the steps
 * @returns the number of bytes written
 */
export function writeChanged(
  sink: ByteSink,
  net: NetParameter,
  steps: readonly Step[],
  places: ReadonlyMap<Step, LayerParameters>,
  { reader, blobs, schema }: { reader: CaffemodelReader; blobs: readonly LayerBlobs[]; schema: Schema | undefined },
): Promise<number> {
  const fileLayers = steps.map((step) => places.get(step)?.namesake);
  const file = withForkFields(net, fileLayers, reader.net);
  // A layer with parameters and none in the file is refused on loading; one that is not there is not.
  const isThere = (i: number): boolean => steps[i]!.params.length === 0 || blobs[i]!.blobs !== undefined;
  return writeCaffemodel(
    sink,
    { ...file, layer: file.layer?.filter((_, i) => isThere(i)) },
    blobs.filter((_, i) => isThere(i)),
    { schema },
  );
}

/**
 * What the file holds of each layer. As in Caffe a layer that is not there keeps its fillers' values, or those of the layer
 * that it shares all its parameters with.
 */
export function writtenBlobs(
  steps: readonly Step[],
  places: ReadonlyMap<Step, LayerParameters>,
  reader: CaffemodelReader,
  sharing: boolean,
): LayerBlobs[] {
  const messages = blobsOfFile(reader.net);
  const written = new Set<Storage>();
  return steps.map((step) => {
    const { params } = step;
    const inFile = places.get(step)?.inFile;
    if (params.length === 0 || params.some(({ read }) => !read)) return {};
    const isShared = params.every((param) => written.has(param));
    if (isShared && (sharing || inFile === undefined)) return {};
    for (const param of params) written.add(param);
    return {
      blobs: params.map((param, blob) => {
        const { origin, shape, read } = param;
        const asItIs = origin?.layer === inFile && origin?.blob === blob && messages[inFile!]?.[blob];
        return asItIs ? reader.messageOf(asItIs) : { shape, read: read! };
      }),
    };
  });
}

/** The blob messages of each layer of a file, in the order of its layers, whatever format it has. */
function blobsOfFile({ layer, layers }: NetParameter): (readonly BlobProto[])[] {
  if (layer) return layer.map(({ blobs = [] }: LayerParameter) => blobs);
  return (layers ?? []).map(({ blobs, layer: v0 }) => (v0 ? v0.blobs : blobs) ?? []);
}
