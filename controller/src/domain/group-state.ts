import { GROUP_STATES, type GroupState } from '@jupyterlab-vcp/sdk/wire';
import type { Node } from './entities.js';
import { isMoving } from './node-states.js';

/** What the state of a unit is derived from, and nothing else. */
export interface UnitFacts {
  /** `count` of the document; 0 when the document no longer has the unit. */
  readonly wanted: number;
  readonly nodes: readonly Pick<Node, 'state' | 'wanted'>[];
  /** The unit is no longer in the document, or its virtual cloud is being deleted. */
  readonly leaving: boolean;
  /** An unfinished operation works on it. */
  readonly claimed: boolean;
}

type Rule = readonly [GroupState, (facts: UnitFacts) => boolean];

const some = (facts: UnitFacts, ...states: readonly Node['state'][]): boolean => facts.nodes.some(node => states.includes(node.state));
const staying = (facts: UnitFacts): UnitFacts['nodes'] => facts.nodes.filter(node => node.wanted === 'present');

/** The one precedence table: the first rule that applies names the state. */
const UNIT_RULES: readonly Rule[] = [
  ['deleting', facts => facts.leaving && (facts.claimed || facts.nodes.length > 0)],
  ['applying', facts => facts.claimed || facts.nodes.some(node => isMoving(node.state))],
  ['needs-attention', facts => some(facts, 'needs-attention')],
  ['error', facts => some(facts, 'error') && !some(facts, 'running')],
  ['degraded', facts => some(facts, 'error', 'unreachable') || staying(facts).length < facts.wanted || (some(facts, 'stopped') && some(facts, 'running'))],
  ['stopped', facts => some(facts, 'stopped')],
  ['running', facts => some(facts, 'running')],
  ['empty', () => true]
];

export function unitState(facts: UnitFacts): GroupState {
  return UNIT_RULES.find(([, applies]) => applies(facts))![0];
}

/**
 * A virtual cloud is as its units are: the first state of the table that any of them has.
 * Stopped beside running is degraded; empty units do not count beside others.
 */
export function vcState(units: readonly GroupState[], facts: { readonly deleting: boolean; readonly applying: boolean }): GroupState {
  if (facts.deleting) return 'deleting';
  // A unit that is taken away is a change of the cloud, not its end.
  if (facts.applying || units.includes('deleting')) return 'applying';
  const first = GROUP_STATES.find(state => units.includes(state)) ?? 'empty';
  return first === 'stopped' && units.includes('running') ? 'degraded' : first;
}

/** One sentence that says why a group is not well, or undefined when it is. */
export function groupReason(state: GroupState, nodes: readonly Pick<Node, 'name' | 'state' | 'reason'>[], missing: number): string | undefined {
  if (state !== 'error' && state !== 'degraded' && state !== 'needs-attention') return undefined;
  const unwell = nodes.filter(node => node.state === 'error' || node.state === 'unreachable' || node.state === 'needs-attention');
  const first = unwell[0];
  if (first === undefined) return missing > 0 ? `${missing} ${missing === 1 ? 'node is' : 'nodes are'} missing` : undefined;
  const said = `${first.name}: ${first.reason ?? first.state}`;
  return unwell.length === 1 ? said : `${said} (and ${unwell.length - 1} more)`;
}
