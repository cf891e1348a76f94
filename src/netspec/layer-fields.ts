/**
 * Which message a layer's field belongs to: `L.Convolution(x, { pad: 1, param: … })` puts `pad` into ConvolutionParameter
 * and `param` into LayerParameter, because the schema has them there.
 */
import { NetspecError, didYouMean } from '../errors.js';
import type { MessageType } from '../proto/descriptor.js';
import type { Schema } from '../proto/schema.js';
import { assignField, assignFields, fieldNames, type Message } from './fields.js';
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
    } else {
      throw unknownField(type, key, owners, layerParameter);
    }
  }
  return message;
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
