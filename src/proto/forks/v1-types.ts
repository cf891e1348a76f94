/** v1-types: the layer types of 2014 that forks had and BVLC's Caffe had not. Such a type keeps the name of its enum in today's nets. */
import { schemaOf } from '../message.js';
import type { SchemaDefinition } from '../descriptor.js';
import { caffeDefinition } from '../schema.js';
import { findFork } from './catalog.js';
import { forksOf } from './net-forks.js';

const ENUM = 'caffe.V1LayerParameter.LayerType';

const has = ({ enums }: SchemaDefinition, name: string): boolean => Object.hasOwn(enums[ENUM] ?? {}, name);

/** Whether a name is one that the V1 enum of a layer's own Caffe has, and BVLC's has not: `CROP` of the first nets for segmentation. */
export function isV1TypeOfFork(layer: object, name: string): boolean {
  const own = schemaOf(layer)?.name;
  const names = [...(forksOf(layer) ?? []), ...(own === undefined ? [] : [own])];
  return !has(caffeDefinition(), name) && names.some((each) => has(findFork(each)?.own ?? caffeDefinition(), name));
}
