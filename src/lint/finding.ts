/** finding: what the lint says of a net. */
import type { Address } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import type { LayersEdit } from '../proto/patch/net-text.js';

/**
 * `error`: the net does not do what its author means, or a compiler refuses it. `warning`: it is likely a mistake. `note`: it works
 * in Caffe, and may surprise elsewhere.
 */
export type Severity = 'error' | 'warning' | 'note';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** An edit of the prototxt that mends a finding. */
export interface LintEdit extends LayersEdit {
  /** What the edit does: "give it a top of its own". */
  readonly title: string;
  /** There is one way to mend it, and `--fix` takes it. Otherwise the edit is shown, and the user decides. */
  readonly isExact: boolean;
}

/** What a rule finds. */
export interface Problem {
  /** Of the layer concerned; left out where the net as a whole is. */
  readonly layer?: LayerParameter;
  /** Path of the field in the layer: `pooling_param.pad`. */
  readonly field?: string;
  /** What is there, and why that is a mistake, in one or two sentences. */
  readonly message: string;
  /** What to do where no edit says it. */
  readonly hint?: string;
  readonly edit?: LintEdit;
  /** Where it is not that of the rule. */
  readonly severity?: Severity;
  /** Where it stands, when neither layer nor field says it. */
  readonly address?: Address;
  /** Name of the target that it is a problem for. */
  readonly target?: string;
  /** Where the target's makers say so. */
  readonly source?: string;
  /** What a limit of the target is set to: `kernel`. */
  readonly measure?: string;
}

/** A problem with its rule and its place. */
export interface Finding {
  /** Name of the rule, and of its page in docs/lint/. */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  /** Name and type of the layer concerned. */
  readonly layer?: { readonly name?: string; readonly type?: string };
  readonly field?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly target?: string;
  readonly source?: string;
  /** What `edit` does. */
  readonly fix?: string;
  /** Whether `--fix` makes the edit. */
  readonly isExact?: boolean;
  /** The edit as a unified diff of the net's file. */
  readonly patch?: string;
  readonly edit?: LintEdit;
}
