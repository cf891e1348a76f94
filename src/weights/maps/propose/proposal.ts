/** A proposed name map, as data. */
import type { PackProblem } from '../../packing/problems.js';
import type { BlobId } from '../../packing/report.js';
import type { RuleFile } from '../rule-file.js';
import type { Match } from './match.js';

/** What is proposed, and how sure that is. */
export interface MapProposal {
  /** The rule file; it can be packed with as it is when nothing is open. */
  rules: RuleFile;
  /** What each layer gets. */
  matches: ProposedMatch[];
  /** Blobs for which nothing was found. */
  unfilled: (BlobId & { lookedFor: string[] })[];
  /** Tensors that have no use, counters of training aside. */
  unused: { name: string; shape: readonly number[] }[];
  /** What else keeps the rules from being packed with. */
  problems: PackProblem[];
  /** Layers that are unfilled although the source has tensors of their names, which have other shapes. */
  misfits: PackProblem[];
  /** Layers behind which the model has a normalization that neither the net has nor the layer can hold. */
  leftNormalizations: { layer: string; module: string }[];
  /** Presets that fill the net from this source just as well. */
  presets: string[];
}

/** What a proposal gives one blob. */
export interface ProposedMatch {
  /** The layer, or the BatchNorm and Scale that hold one normalization. */
  layers: string[];
  module: string;
  /** A normalization that is folded into the layer. */
  batchNorm?: string;
  /**
   * What decided: `name`, the names are equal; `shape`, nothing else has its shape; `pattern`, it goes with how the other names
   * correspond; `unsure`, another would do almost as well.
   */
  by: Match['by'];
  /** The module fills other layers too. */
  shared: boolean;
  /** How much better it is than the next best, from 0 on; 1 is a lot. */
  margin: number;
  /** Other modules of fitting shape, the likeliest first. */
  alternatives: string[];
}
