// What the whole exports of src/language: a prototxt in an editor.
export { PrototxtDocument, type CodeAction, type DocumentOptions } from './document.js';
export type { Completion } from './completion.js';
export type { Diagnostic, Fix } from './diagnostics.js';
export type { Hover } from './hover.js';
export type { OutlineItem } from './outline.js';
export type { LayerCost, NetFacts } from './net-facts.js';
export type { TextPosition, TextRange } from './places.js';
export type { TextEdit } from '../proto/text/edit.js';
export type { LayersEdit } from '../proto/patch/net-text.js';
