import type { Network, Node, Operation, VirtualCloud } from '../../src/domain/index.js';

/** Rows with every field filled in, for tests that care about a few of them. */
const owned = { owner: 'alice', project: 'personal', actor: 'alice', origin: {} };

export function vcRow(change: Partial<VirtualCloud> = {}): VirtualCloud {
  const name = change.name ?? 'genome';
  return { ...owned, id: 'vc000000000001', name, revision: 1, document: { version: 1, name, units: [] }, cidr: '10.64.0.0/18', state: 'empty', createdAt: 0, changedAt: 0, ...change };
}

export function networkRow(change: Partial<Network> = {}): Network {
  return { ...owned, id: 'nt000000000001', vcId: 'vc000000000001', provider: 'local', region: 'one', cidr: '10.64.0.0/22', state: 'ready', ...change };
}

export function nodeRow(change: Partial<Node> = {}): Node {
  const number = change.number ?? 1;
  const unit = change.unit ?? 'compute';
  return {
    ...owned, id: `nd-${unit}-${number}`, vcId: 'vc000000000001', unit, number, name: `${unit}-${number}`, networkId: 'nt000000000001', provider: 'local', region: 'one',
    spec: { flavor: 'small', size: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null }, override: {}, publicKeys: [], digest: 'd' },
    wanted: 'present', state: 'running', address: `10.64.0.${9 + number}`, createdAt: 0, joinedAt: 1, readyAt: 1, apps: [], ...change
  };
}

export function operationRow(change: Partial<Operation> = {}): Operation {
  return {
    ...owned, id: 'op000000000001', kind: 'apply', title: 'Apply genome', vcId: 'vc000000000001', vc: 'genome', state: 'queued', phase: '',
    request: { create: [], remove: [], reconcile: [], deleteVc: false, onFailure: 'keep', repair: [], removeApps: {}, onLeave: {}, units: [] },
    resources: [], cloudMs: 0, revision: 1, cancelRequested: false, createdAt: 0, ...change
  };
}
