/**
 * What a fork wrote into a caffemodel's layers and BVLC's schema does not know: it stays with the layers in a file that is
 * written anew, since another program may need it.
 */
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { UNKNOWN_FIELDS, type WithUnknownFields } from '../proto/message.js';
import { derive } from '../proto/derive.js';

type Message = Record<string, unknown> & WithUnknownFields;

/**
 * The net with the unknown fields of the file's net, and each layer with those of the file's layer.
 * @param fileLayers for each layer the index of the file's layer of that name; undefined when there is none
 */
export function withForkFields(
  net: NetParameter,
  fileLayers: readonly (number | undefined)[],
  file: NetParameter,
): NetParameter {
  const layer = net.layer?.map((each, i) => {
    const index = fileLayers[i];
    const from = index === undefined ? undefined : file.layer?.[index];
    return from ? derive(each, carried(each as Message, from as Message) as Partial<LayerParameter>) : each;
  });
  const { [UNKNOWN_FIELDS]: own = (file as Message)[UNKNOWN_FIELDS] } = net as Message;
  return derive(net, { layer, ...(own && { [UNKNOWN_FIELDS]: own }) });
}

/** Unknown fields of `from`, and its sub-messages that have such and that `to` does not have. */
function carried(to: Message, from: Message): Partial<Message> {
  const fields: Message = {};
  const unknown = to[UNKNOWN_FIELDS] ?? from[UNKNOWN_FIELDS];
  if (unknown) fields[UNKNOWN_FIELDS] = unknown;
  for (const [name, value] of Object.entries(from))
    if (name !== 'blobs' && to[name] === undefined && hasUnknown(value)) fields[name] = value;
  return fields;
}

function hasUnknown(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return (value as Message)[UNKNOWN_FIELDS] !== undefined || Object.values(value).some(hasUnknown);
}
