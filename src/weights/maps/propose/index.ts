/** Proposing a name map. */
export { formatRuleFile, proposalRemarks, proposeMap, type MapProposal, type ProposedMatch } from './propose.js';
