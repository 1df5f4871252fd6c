import { VcpError } from './errors.js';
import { NODE_STATES, type NodeState } from './states.js';
import { nearest } from './nearest.js';

/** What a target expression matches against: a node as lists show it. */
export interface TargetNode {
  readonly vc: string;
  readonly unit: string;
  readonly number: number;
  readonly name: string;
  readonly state: string;
}

/** One parsed part of a target: `[vc/]unit`, `[vc/]unit-3`, `[vc/]unit-[1-3,7]`, each with `:state`, or `*`. */
export interface TargetPart {
  readonly text: string;
  readonly vc?: string;
  /** undefined = every unit (`*`). */
  readonly unit?: string;
  readonly numbers?: readonly number[];
  readonly state?: NodeState;
}

const PART = /^(?:([a-z][a-z0-9-]*)\/)?(\*|[a-z][a-z0-9-]*?)(?:-(\d+)|-\[([0-9,\s-]+)\])?(?::([a-z-]+))?$/;
const LARGEST_RANGE = 10_000;

/**
 * Parses a target such as `compute`, `compute-2`, `compute-[1-3,7]`, `compute:error`, `genome/head-1`,
 * or several of them separated by commas or spaces.
 * @throws VcpError invalid_request naming the part that cannot be read.
 */
export function parseTarget(text: string): readonly TargetPart[] {
  const parts = text.trim().split(/[\s,]+(?![^[]*\])/).filter(part => part !== '');
  if (parts.length === 0) throw new VcpError('invalid_request', 'A target is missing.', { hint: 'Name nodes as the panel shows them: compute, compute-2, compute-[1-3,7], compute:error, genome/head-1.' });
  return parts.map(parsePart);
}

function parsePart(text: string): TargetPart {
  const match = PART.exec(text);
  if (match === null) throw new VcpError('invalid_request', `“${text}” is not a target.`, { hint: 'Write compute, compute-2, compute-[1-3,7], compute:error or genome/head-1.' });
  const [, vc, unit, single, ranges, state] = match;
  if (state !== undefined && !(NODE_STATES as readonly string[]).includes(state)) {
    const near = nearest(state, NODE_STATES);
    throw new VcpError('invalid_request', `“${state}” in “${text}” is not a node state.`, { hint: near === undefined ? `States are: ${NODE_STATES.join(', ')}.` : `Did you mean “${near}”?` });
  }
  const numbers = single !== undefined ? [Number(single)] : ranges === undefined ? undefined : parseRanges(ranges, text);
  return {
    text,
    ...(vc === undefined ? {} : { vc }),
    ...(unit === undefined || unit === '*' ? {} : { unit }),
    ...(numbers === undefined ? {} : { numbers }),
    ...(state === undefined ? {} : { state: state as NodeState })
  };
}

function parseRanges(ranges: string, text: string): readonly number[] {
  const numbers = new Set<number>();
  for (const range of ranges.split(',').map(item => item.trim())) {
    const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(range);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to - from > LARGEST_RANGE) {
      throw new VcpError('invalid_request', `“${range}” in “${text}” is not a range of node numbers.`, { hint: 'Write numbers and ranges such as [1-3,7].' });
    }
    for (let number = from; number <= to; number += 1) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/**
 * The nodes that a target names, in the order of `nodes`.
 * A part that matches nothing is an error, so that a typing mistake never means "nobody".
 * A part that could be a unit's own name (`web-server`) is preferred to unit + number.
 * @throws VcpError not_found naming the part and the nearest unit or node.
 */
export function resolveTarget<N extends TargetNode>(text: string, nodes: readonly N[], vcName?: string): readonly N[] {
  const chosen = new Set<N>();
  for (const part of parseTarget(text)) {
    const matching = nodes.filter(node => matches(part, node, vcName));
    if (matching.length === 0) {
      throw new VcpError('not_found', `No node matches “${part.text}”${vcName === undefined ? '' : ` in virtual cloud ${vcName}`}.`, { hint: hintFor(part, nodes, vcName) });
    }
    for (const node of matching) chosen.add(node);
  }
  return nodes.filter(node => chosen.has(node));
}

function hintFor(part: TargetPart, nodes: readonly TargetNode[], vcName: string | undefined): string {
  const clouds = new Set([...nodes.map(node => node.vc), ...(vcName === undefined ? [] : [vcName])]);
  if (clouds.has(part.text)) return `${part.text} is a virtual cloud; all its nodes are “${part.text}/*”.`;
  const near = nearest(part.text, [...nodes.map(node => node.name), ...new Set(nodes.map(node => node.unit))]);
  return near === undefined ? 'Look at the nodes with: %vc ps' : `Did you mean “${near}”?`;
}

function matches(part: TargetPart, node: TargetNode, vcName: string | undefined): boolean {
  const vc = part.vc ?? vcName;
  if (vc !== undefined && node.vc !== vc) return false;
  if (part.state !== undefined && node.state !== part.state) return false;
  if (part.unit !== undefined && node.unit !== part.unit) return false;
  return part.numbers === undefined || part.numbers.includes(node.number);
}
