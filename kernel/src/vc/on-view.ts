import type { ExecResult } from '@jupyterlab-vcp/sdk';
import { escapeHtml } from '../exec/escape-html.js';
import type { MimeBundle } from '../exec/mime-bundle.js';
import { duration, plural } from './wording.js';

/** What became of a command on one node: its result, or why there is none. */
export type NodeOutcome = { readonly node: string; readonly result: ExecResult } | { readonly node: string; readonly problem: string };

interface Group {
  readonly nodes: readonly string[];
  readonly outcome: NodeOutcome;
}

const MAX_SHOWN = 64 * 1024;

export function hasFailed(outcome: NodeOutcome): boolean {
  return 'problem' in outcome || outcome.result.code !== 0;
}

/** How a command ended, in words: `exit code 3`, `timed out`. */
export function ending(outcome: NodeOutcome): string {
  if ('problem' in outcome) return outcome.problem;
  const { result } = outcome;
  if (result.outcome === 'unknown') return 'outcome unknown';
  if (result.timedOut) return 'timed out';
  return result.code === null ? `ended by ${result.signal ?? 'a signal'}` : `exit code ${result.code}`;
}

/** Outputs of all nodes: failed ones first and open, equal ones folded together. */
export function onBundle(vc: string, outcomes: readonly NodeOutcome[], note: string): MimeBundle {
  const groups = fold(outcomes);
  const title = onTitle(vc, outcomes, note);
  return {
    'text/html': `<div class="vcp-output"><p><strong>${escapeHtml(title)}</strong></p>${groups.map((group) => htmlGroup(group, groups.length === 1)).join('')}</div>`,
    'text/plain': [title, ...groups.map(textGroup)].join('\n')
  };
}

/** While commands run: which nodes are at it, and the last line that each said. */
export function onRunningBundle(vc: string, lines: ReadonlyMap<string, string>, done: number): MimeBundle {
  const title = `◐ ${vc}: ${done} of ${plural(lines.size, 'node')} done`;
  const rows = [...lines].map(([node, line]) => `${node}  ${line}`);
  return { 'text/html': `<div class="vcp-output"><p><strong>${escapeHtml(title)}</strong></p><pre>${escapeHtml(rows.join('\n'))}</pre></div>`, 'text/plain': [title, ...rows].join('\n') };
}

export function onTitle(vc: string, outcomes: readonly NodeOutcome[], note: string): string {
  const failed = outcomes.filter(hasFailed).length;
  const took = Math.max(0, ...outcomes.map((outcome) => ('result' in outcome ? outcome.result.durationMs : 0)));
  const what = failed === 0 ? `${plural(outcomes.length, 'node')} done` : `${failed} of ${plural(outcomes.length, 'node')} failed`;
  return `${failed === 0 ? '✔' : '✖'} ${vc}: ${what} in ${duration(took)}${note}`;
}

function fold(outcomes: readonly NodeOutcome[]): readonly Group[] {
  const groups = new Map<string, NodeOutcome[]>();
  for (const outcome of outcomes) {
    const said = 'result' in outcome ? [outcome.result.stdout, outcome.result.stderr] : [];
    const key = JSON.stringify([ending(outcome), ...said]);
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()]
    .flatMap((members) => (members[0] ? [{ nodes: members.map(({ node }) => node), outcome: members[0] }] : []))
    .sort((a, b) => Number(hasFailed(b.outcome)) - Number(hasFailed(a.outcome)));
}

function heading({ nodes, outcome }: Group): string {
  const same = nodes.length > 1 ? ` (${nodes.length} nodes said the same)` : '';
  return `${hasFailed(outcome) ? '✖' : '✔'} ${nodes.join(', ')}${same}${hasFailed(outcome) ? `: ${ending(outcome)}` : ''}`;
}

function htmlGroup(group: Group, isOnly: boolean): string {
  const { outcome } = group;
  const [stdout, stderr] = 'result' in outcome ? [shown(outcome.result.stdout), shown(outcome.result.stderr)] : ['', ''];
  const isOpen = hasFailed(outcome) || isOnly;
  const errors = stderr === '' ? '' : `<pre style="color:var(--jp-error-color1,firebrick)">${escapeHtml(stderr)}</pre>`;
  return `<details${isOpen ? ' open' : ''}><summary>${escapeHtml(heading(group))}</summary>${stdout === '' ? '' : `<pre>${escapeHtml(stdout)}</pre>`}${errors}</details>`;
}

function textGroup(group: Group): string {
  const { outcome } = group;
  const said = 'result' in outcome ? [shown(outcome.result.stdout), shown(outcome.result.stderr)].filter((text) => text !== '') : [];
  return [`── ${heading(group)}`, ...said].join('\n');
}

function shown(text: string): string {
  const trimmed = text.replace(/\n$/, '');
  return trimmed.length <= MAX_SHOWN ? trimmed : `… ${(trimmed.length - MAX_SHOWN).toLocaleString('en')} characters left out; --into VAR keeps all …\n${trimmed.slice(-MAX_SHOWN)}`;
}
