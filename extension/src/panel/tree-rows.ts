import type { NodeView, UnitView, VcView } from '@jupyterlab-vcp/sdk/wire';

interface IRowBase { readonly key: string; readonly level: number; readonly setSize: number; readonly position: number; readonly vc: VcView }
export interface IVcRow extends IRowBase { readonly kind: 'vc'; readonly expanded: boolean | undefined }
export interface IUnitRow extends IRowBase { readonly kind: 'unit'; readonly unit: UnitView; readonly expanded: boolean | undefined }
export interface INodeRow extends IRowBase { readonly kind: 'node'; readonly unit: UnitView; readonly node: NodeView }
export type Row = IVcRow | IUnitRow | INodeRow;

export interface ITreeInput {
  readonly vcs: readonly VcView[];
  nodesOf(vcId: string): readonly NodeView[] | undefined;
  /** What the person folded or unfolded, by row key. */
  readonly folded: ReadonlyMap<string, boolean>;
  readonly filter: string;
}

/** With more than these, they begin folded: a glance shows all of them. */
const FEW_VCS = 3;
const FEW_NODES = 8;

/** Whether a row is unfolded: as the person left it, otherwise by how much there is. */
export function isUnfolded(key: string, folded: ReadonlyMap<string, boolean>, byDefault: boolean): boolean {
  const chosen = folded.get(key);
  return chosen === undefined ? byDefault : !chosen;
}

/** The virtual clouds whose nodes have to be known to draw the tree. */
export function unfoldedVcs(vcs: readonly VcView[], folded: ReadonlyMap<string, boolean>, filter: string): ReadonlySet<string> {
  const searching = filter.trim() !== '';
  return new Set(vcs.filter(vc => searching || isUnfolded(vc.id, folded, vcs.length <= FEW_VCS)).map(vc => vc.id));
}

/** The tree as the flat list of rows that are in sight, in order. */
export function treeRows(input: ITreeInput): readonly Row[] {
  const words = input.filter.trim().toLowerCase();
  const matching = input.vcs
    .map(vc => ({ vc, units: matchingUnits(vc, input, words) }))
    .filter(({ vc, units }) => words === '' || hits(words, vc.name, vc.state) || units.length > 0);
  return matching.flatMap(({ vc, units }, index) => {
    const open = vc.units.length === 0 ? undefined : words !== '' || isUnfolded(vc.id, input.folded, input.vcs.length <= FEW_VCS);
    const row: IVcRow = { kind: 'vc', key: vc.id, level: 1, setSize: matching.length, position: index + 1, vc, expanded: open };
    return open === true ? [row, ...units.flatMap((entry, at) => unitRows(vc, entry, units.length, at + 1, input, words))] : [row];
  });
}

interface IUnitEntry { readonly unit: UnitView; readonly nodes: readonly NodeView[] }

function matchingUnits(vc: VcView, input: ITreeInput, words: string): readonly IUnitEntry[] {
  const nodes = input.nodesOf(vc.id) ?? [];
  const entries = vc.units.map(unit => ({ unit, nodes: nodes.filter(node => node.unit === unit.name) }));
  if (words === '' || hits(words, vc.name)) return entries;
  return entries
    .map(entry => (hits(words, entry.unit.name, entry.unit.state, entry.unit.provider, entry.unit.region)
      ? entry
      : { unit: entry.unit, nodes: entry.nodes.filter(node => hits(words, node.name, node.state, node.address ?? '')) }))
    .filter(entry => entry.nodes.length > 0 || hits(words, entry.unit.name, entry.unit.state, entry.unit.provider, entry.unit.region));
}

function unitRows(vc: VcView, entry: IUnitEntry, setSize: number, position: number, input: ITreeInput, words: string): readonly Row[] {
  const { unit, nodes } = entry;
  const open = nodes.length === 0 ? undefined : words !== '' || isUnfolded(unit.id, input.folded, nodes.length <= FEW_NODES);
  const row: IUnitRow = { kind: 'unit', key: unit.id, level: 2, setSize, position, vc, unit, expanded: open };
  if (open !== true) return [row];
  return [row, ...nodes.map((node, index): INodeRow => ({ kind: 'node', key: node.id, level: 3, setSize: nodes.length, position: index + 1, vc, unit, node }))];
}

function hits(words: string, ...texts: readonly string[]): boolean {
  return texts.some(text => text.toLowerCase().includes(words));
}

/** The row that a walk leads to, or undefined where there is none. */
export function walk(rows: readonly Row[], from: number, key: string): number | undefined {
  const row = rows[from];
  switch (key) {
    case 'ArrowDown': return from + 1 < rows.length ? from + 1 : undefined;
    case 'ArrowUp': return from > 0 ? from - 1 : undefined;
    case 'Home': return 0;
    case 'End': return rows.length - 1;
    case 'ArrowRight': return rows[from + 1] !== undefined && row !== undefined && rows[from + 1]!.level > row.level ? from + 1 : undefined;
    case 'ArrowLeft': return parentOf(rows, from);
    default: return undefined;
  }
}

function parentOf(rows: readonly Row[], from: number): number | undefined {
  const level = rows[from]?.level ?? 1;
  for (let index = from - 1; index >= 0; index -= 1) if (rows[index]!.level < level) return index;
  return undefined;
}
