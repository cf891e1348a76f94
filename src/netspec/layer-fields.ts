/**
 * Which message a layer's field belongs to: `L.Convolution(x, { pad: 1, param: … })` puts `pad` into ConvolutionParameter
 * and `param` into LayerParameter, because the schema has them there.
 */
import { NetspecError, didYouMean } from '../errors.js';
import type { MessageType } from '../proto/descriptor.js';
import { isList } from '../proto/scalars.js';
import { defaultSchema, type Schema } from '../proto/schema.js';
import { OWN_SETTINGS, type WithOwnSettings } from '../proto/message.js';
import { isOwnSettings } from '../proto/text/own-settings.js';
import { linesOfOwnSettings } from '../proto/text/own-settings-text.js';
import { assignField, assignFields, describe, fieldNames, type Message } from './fields.js';
import { layerForm, layerTypeNames } from './layer-forms.js';

/** Sorts fields to where they belong: the type's own message, one that it borrows, or LayerParameter. */
export function layerFields(type: string, fields: Record<string, unknown>, schema: Schema): Message {
  const layerParameter = schema.message('LayerParameter');
  const owners = paramFields(type, schema);
  const message: Message = {};
  for (const [key, value] of Object.entries(fields)) {
    const direct = layerParameter.byName.get(key);
    const owner = direct && key.endsWith('param') ? undefined : owners.find(({ message }) => message.byName.has(key));
    if (owner) {
      if (value !== undefined) assignFields(message, layerParameter, { [owner.name]: { [key]: value } });
    } else if (direct) {
      assignField(message, direct, value, key);
    } else if (value !== undefined && schema === defaultSchema() && isOwnSettings(layerParameter, key, type)) {
      ownSettings(message, key, value);
    } else {
      throw unknownField(type, key, owners, layerParameter);
    }
  }
  return message;
}

/** Settings that no Caffe which is known has: text, or a list of texts, that a prototxt has behind the name. */
function ownSettings(message: Message & WithOwnSettings, key: string, value: unknown): void {
  for (const text of isList(value) ? Array.from(value) : [value]) {
    if (typeof text !== 'string')
      throw new NetspecError(`no Caffe that netspec knows has ${key}: expected its text, got ${describe(text)}`, {
        field: key,
        hint: "write what stands behind the name in a prototxt: '{ gain: 2 }'. With a vendor's caffe.proto, L.withSchema takes an object",
      });
    (message[OWN_SETTINGS] ??= []).push(...linesOfOwnSettings(key, text));
  }
}

function unknownField(
  type: string,
  key: string,
  owners: readonly ParamField[],
  layerParameter: MessageType,
): NetspecError {
  const vendor = owners.length === 0 && !layerForm(type);
  const messages = [...owners.map((owner) => owner.message.simpleName), 'LayerParameter']
    .join(', ')
    .replace(/, (\w+)$/, ' or $1');
  const fields = [
    ...owners.flatMap((owner) => fieldNames(owner.message)),
    'in_place',
    'ntop',
    ...fieldNames(layerParameter),
  ];
  return new NetspecError(
    `no field '${key}' in ${vendor ? `${messages}, and the schema has no ${type}Parameter` : messages}`,
    {
      field: key,
      hint:
        (vendor ? didYouMean(type, layerTypeNames()) : undefined) ??
        didYouMean(key, fields) ??
        (vendor ? "a vendor's layer needs its caffe.proto: L.withSchema(Schema.parse(text))" : undefined),
    },
  );
}

interface ParamField {
  /** Field of LayerParameter: `convolution_param`. */
  name: string;
  message: MessageType;
}

/** The fields of LayerParameter whose members a layer type's fields are: its own XParameter's, then those that it declares. */
function paramFields(type: string, schema: Schema): ParamField[] {
  const { fields, byName } = schema.message('LayerParameter');
  const own = fields.filter((f) => f.name.endsWith('_param') && f.messageType?.simpleName === `${type}Parameter`);
  const declared = (layerForm(type)?.params ?? []).map((name) => byName.get(name));
  return [...new Set([...own, ...declared])].flatMap((f) =>
    f?.messageType ? [{ name: f.name, message: f.messageType }] : [],
  );
}
