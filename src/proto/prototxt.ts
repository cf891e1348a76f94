// What `netspec/prototxt` exports: text, the schemas of Caffe and its forks, and upgrades of old formats.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export type * from '../generated/messages.js';
export { parsePrototxt, type ParseOptions } from './text/parser.js';
export { formatPrototxt, type FormatOptions } from './text/printer.js';
export { Schema } from './parse-schema.js';
export type {
  EnumType,
  Field,
  FieldDefinition,
  FieldForm,
  FieldKind,
  MessageType,
  SchemaDefinition,
} from './descriptor.js';
export { forkSchema, forks, type Fork } from './forks/catalog.js';
export { forksOf } from './forks/net-forks.js';
export { UNKNOWN_FIELDS, addressOf, resolve, type Resolved, type WithUnknownFields } from './message.js';
export { upgradeNet, upgradeSolver, type UpgradeOptions } from './upgrade.js';
export type { Warn } from './upgrade/warn.js';
