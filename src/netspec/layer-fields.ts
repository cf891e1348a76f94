/**
 * Which message a layer's field belongs to: `L.Convolution(x, { pad: 1, param: … })` puts `pad` into ConvolutionParameter
 * and `param` into LayerParameter, because the schema has them there.
 */
import type protobuf from 'protobufjs';
import { NetspecError, didYouMean } from '../errors.js';
import type { Schema } from '../proto/schema.js';
import { assignField, assignFields, fieldOf, type Message } from './fields.js';
import { layerTypeInfo, layerTypes } from './layer-types.js';

/** Sorts fields to where they belong: the type's own message, one that it borrows, or LayerParameter. */
export function layerFields(type: string, fields: Record<string, unknown>, schema: Schema): Message {
  const layerParameter = schema.message('LayerParameter');
  const homes = paramFields(type, schema);
  const message: Message = {};
  for (const [key, value] of Object.entries(fields)) {
    const direct = fieldOf(layerParameter, key);
    const home = direct && key.endsWith('param') ? undefined : homes.find((h) => fieldOf(h.message, key));
    if (home) {
      if (value !== undefined) assignFields(message, layerParameter, { [home.name]: { [key]: value } });
    } else if (direct) {
      assignField(message, direct, value, key);
    } else {
      throw unknownField(type, key, homes, layerParameter.fields);
    }
  }
  return message;
}

function unknownField(type: string, key: string, homes: readonly ParamField[], others: object): NetspecError {
  const vendor = homes.length === 0 && !layerTypeInfo(type);
  const messages = [...homes.map((home) => home.message.name), 'LayerParameter']
    .join(', ')
    .replace(/, (\w+)$/, ' or $1');
  const fields = [
    ...homes.flatMap((home) => Object.keys(home.message.fields)),
    'in_place',
    'ntop',
    ...Object.keys(others),
  ];
  return new NetspecError(
    `no field '${key}' in ${vendor ? `${messages}, and the schema has no ${type}Parameter` : messages}`,
    {
      field: key,
      hint:
        (vendor ? didYouMean(type, Object.keys(layerTypes)) : undefined) ??
        didYouMean(key, fields) ??
        (vendor ? "a vendor's layer needs its caffe.proto: L.withSchema(Schema.parse(text))" : undefined),
    },
  );
}

interface ParamField {
  /** Field of LayerParameter: `convolution_param`. */
  name: string;
  message: protobuf.Type;
}

/** The fields of LayerParameter whose members a layer type's fields are: its own XParameter's, then borrowed ones. */
function paramFields(type: string, schema: Schema): ParamField[] {
  const { fields, fieldsArray } = schema.message('LayerParameter');
  const own = fieldsArray.filter(
    (f) => f.name.endsWith('_param') && f.resolve().resolvedType?.name === `${type}Parameter`,
  );
  const borrowed = (layerTypeInfo(type)?.borrows ?? []).map((name) => fields[name]?.resolve());
  return [...own, ...borrowed].flatMap((f) => {
    const message = f?.resolvedType;
    return message && 'fields' in message ? [{ name: f.name, message }] : [];
  });
}
