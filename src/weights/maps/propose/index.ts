/** Name maps proposed for a net and a model that nobody has one for. */
export type { MapProposal, ProposedMatch } from './proposal.js';
export { formatRuleFile, proposeMap } from './propose.js';
export { proposalRemarks } from './remarks.js';
