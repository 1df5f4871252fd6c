import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vcDocumentSchema, type VcpError, type UnitInput, type VcDocument, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import { CloudWorld } from '../../testing/doubles/cloud-world.js';
import { catalogOf, providerDouble } from '../../testing/doubles/provider-double.js';
import { networkRow, nodeRow, vcRow } from '../../testing/doubles/rows.js';
import { contains } from './address-plan.js';
import type { Network, Node, VirtualCloud } from './entities.js';
import { isPresent } from './node-states.js';
import { plan, type PlanInput, type PlanOutcome } from './plan.js';

const catalog = catalogOf(providerDouble(new CloudWorld(), 'local'), providerDouble(new CloudWorld(), 'other'));
const documentOf = (input: VcInput): VcDocument => vcDocumentSchema.parse(input);
const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });

/** What exists, in the smallest form that planning needs. */
interface World { readonly vc: VirtualCloud | undefined; readonly nodes: readonly Node[]; readonly networks: readonly Network[] }
const nothing: World = { vc: undefined, nodes: [], networks: [] };

function planOn(world: World, document: VcDocument, more: Partial<PlanInput> = {}): PlanOutcome {
  return plan({ document, ...world, others: [], provider: name => catalog.get(name), quota: [], pool: '10.64.0.0/10', seed: 'a', ...more });
}

/** Does what the steps say, as an engine would that never fails. */
function applied(world: World, { plan: made, steps }: PlanOutcome): World {
  const networks = [...world.networks.filter(network => !steps.removeNetworks.includes(network.id)), ...steps.addNetworks.map((network, index) => networkRow({ ...network, id: `nt-${world.networks.length}-${index}-${network.cidr}` }))];
  const kept = world.nodes.filter(node => !steps.remove.includes(node.id)).map(node => {
    const app = Object.entries(made.document.units.find(candidate => candidate.name === node.unit)?.apps ?? {}).map(([name]) => ({ app: name, service: 'main', container: name, image: 'i', state: 'running' as const }));
    return { ...node, apps: app, ...(steps.repair.includes(node.id) ? { state: 'running' as const } : {}) };
  });
  const nodes = [...kept, ...steps.create.map(({ price: _, networkId, ...node }, index) => nodeRow({
    ...node, id: `nd-${made.baseRevision}-${index}-${node.name}`, networkId: networkId ?? networks.find(network => network.provider === node.provider && network.region === node.region)!.id,
    apps: Object.keys(made.document.units.find(candidate => candidate.name === node.unit)?.apps ?? {}).map(name => ({ app: name, service: 'main', container: name, image: 'i', state: 'running' as const }))
  }))];
  return { vc: vcRow({ name: made.vc, document: made.document, revision: made.baseRevision + 1, cidr: steps.cidr }), nodes, networks };
}

const compose = { services: { main: { image: 'nginx' } } };
const arbitraryApps = fc.constantFrom<UnitInput['apps'][]>(undefined, { web: compose }, { web: { services: { main: { image: 'httpd' } } }, db: compose });
const arbitraryUnit = (name: string): fc.Arbitrary<UnitInput> => fc.record({
  name: fc.constant(name), provider: fc.constantFrom('local', 'other'), region: fc.constantFrom('one', 'two'), flavor: fc.constantFrom('small' as const, 'medium' as const),
  count: fc.integer({ min: 0, max: 9 }), apps: arbitraryApps, onJoin: fc.constantFrom(undefined, 'echo a', 'echo b')
});
const arbitraryDocument = fc.record({ description: fc.constantFrom(undefined, 'x'), head: fc.option(arbitraryUnit('head')), compute: fc.option(arbitraryUnit('compute')), disk: fc.option(arbitraryUnit('disk')) })
  .map(({ description, ...units }) => documentOf({ name: 'genome', description, units: Object.values(units).filter(found => found !== null) }));
/** Between two applies, nodes may break. */
const arbitraryHistory = fc.array(fc.record({ document: arbitraryDocument, broken: fc.array(fc.nat(20), { maxLength: 3 }) }), { minLength: 1, maxLength: 5 });

function history(steps: readonly { readonly document: VcDocument; readonly broken: readonly number[] }[], each: (before: World, outcome: PlanOutcome, after: World) => void): World {
  let world = nothing;
  for (const { document, broken } of steps) {
    const before: World = { ...world, nodes: world.nodes.map((node, index) => (broken.includes(index) ? { ...node, state: 'error', reason: 'broke' } : node)) };
    let outcome: PlanOutcome;
    try {
      outcome = planOn(before, document);
    } catch (error) {
      // A unit that would have to move is refused; nothing is done then.
      expect((error as VcpError).code).toBe('invalid_request');
      continue;
    }
    world = applied(before, outcome);
    each(before, outcome, world);
  }
  return world;
}

describe('plan', () => {
  it('leads to the wanted document, after which there is nothing more to do', () => {
    fc.assert(fc.property(arbitraryHistory, steps => {
      history(steps, (_, outcome, after) => {
        for (const wanted of outcome.plan.document.units) expect(after.nodes.filter(node => node.unit === wanted.name && isPresent(node))).toHaveLength(wanted.count);
        expect(after.nodes.every(node => outcome.plan.document.units.some(wanted => wanted.name === node.unit))).toBe(true);
        expect(planOn(after, outcome.plan.document).plan).toMatchObject({ changes: [], removals: {}, summary: { add: 0, change: 0, remove: 0 } });
      });
    }), { numRuns: 300 });
  });

  it('removes no node that is not counted in its removals', () => {
    fc.assert(fc.property(arbitraryHistory, steps => {
      history(steps, (before, { plan: made, steps: { remove } }) => {
        const counted: Record<string, number> = {};
        for (const id of remove) {
          const { unit: name } = before.nodes.find(node => node.id === id)!;
          counted[name] = (counted[name] ?? 0) + 1;
        }
        expect(made.removals).toEqual(counted);
        expect(made.changes.filter(change => change.action === 'remove' && change.kind === 'node')).toHaveLength(remove.length);
      });
    }), { numRuns: 300 });
  });

  it('gives each node an address of its own inside its network, and each network a range of its own inside the cloud', () => {
    fc.assert(fc.property(arbitraryHistory, steps => {
      history(steps, (_, { steps: { cidr } }, after) => {
        expect(new Set(after.nodes.map(node => node.address)).size).toBe(after.nodes.length);
        for (const network of after.networks) expect(contains(cidr, network.cidr)).toBe(true);
        for (const node of after.nodes) expect(contains(after.networks.find(network => network.id === node.networkId)!.cidr, `${node.address}/32`)).toBe(true);
        expect(new Set(after.networks.map(network => network.cidr)).size).toBe(after.networks.length);
        expect(new Set(after.nodes.map(node => node.name)).size).toBe(after.nodes.length);
      });
    }), { numRuns: 300 });
  });

  it('has the same digest whatever the order of keys, and another one when what was seen is another', () => {
    fc.assert(fc.property(arbitraryDocument, document => {
      const turned = JSON.parse(JSON.stringify(document), (_, value: unknown) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).reverse()) : value)) as VcDocument;
      const first = planOn(nothing, document);
      expect(planOn(nothing, turned).plan.digest).toBe(first.plan.digest);
      const after = applied(nothing, first);
      const seen = planOn(after, document).plan.digest;
      expect(seen).not.toBe(first.plan.digest);
      if (after.nodes.length > 0) expect(planOn({ ...after, nodes: after.nodes.slice(1) }, document).plan.digest).not.toBe(seen);
    }), { numRuns: 100 });
  });

  const two = applied(nothing, planOn(nothing, documentOf({ name: 'genome', units: [unit('compute', 4)] })));
  const broken = (world: World, ...numbers: readonly number[]): World => ({ ...world, nodes: world.nodes.map(node => (numbers.includes(node.number) ? { ...node, state: 'error', reason: 'broke' } : node)) });

  it('lets broken nodes go first, then the highest numbers', () => {
    const { steps } = planOn(broken(two, 2), documentOf({ name: 'genome', units: [unit('compute', 2)] }));
    expect(steps.remove.map(id => two.nodes.find(node => node.id === id)!.name)).toEqual(['compute-2', 'compute-4']);
    expect(steps.repair).toEqual([]);
  });

  it('mends broken nodes that are wanted: started again when they worked once, else made again', () => {
    const world = broken(two, 1, 2);
    const half = { ...world, nodes: world.nodes.map(node => (node.number === 2 ? { ...node, joinedAt: undefined, joinStartedAt: 5, readyAt: undefined } : node)) };
    const { plan: made } = planOn(half, two.vc!.document);
    expect(made.changes).toEqual([
      { action: 'change', kind: 'node', unit: 'compute', name: 'compute-1', detail: 'start again: broke' },
      { action: 'change', kind: 'node', unit: 'compute', name: 'compute-2', detail: 'make again: broke' }
    ]);
  });

  it('takes exactly the nodes that were chosen by name', () => {
    const chosen = two.nodes.find(node => node.number === 1)!;
    const { steps, plan: made } = planOn(two, documentOf({ name: 'genome', units: [unit('compute', 3)] }), { remove: new Set([chosen.id]) });
    expect(steps.remove).toEqual([chosen.id]);
    expect(made.removals).toEqual({ compute: 1 });
  });

  it('gives a number again only when its node is gone for good', () => {
    const going = { ...two, nodes: two.nodes.map(node => (node.number === 4 ? { ...node, wanted: 'absent' as const, state: 'deleting' as const } : node)) };
    expect(planOn(going, two.vc!.document).steps.create.map(node => node.name)).toEqual(['compute-5']);
    expect(planOn({ ...two, nodes: two.nodes.filter(node => node.number !== 2) }, two.vc!.document).steps.create.map(node => node.name)).toEqual(['compute-2']);
  });

  it('keeps the size of nodes that exist and says so; new ones get the new size', () => {
    const { plan: made, steps } = planOn(two, documentOf({ name: 'genome', units: [unit('compute', 5, { flavor: 'medium' })] }));
    expect(made.warnings).toEqual([expect.stringContaining('Existing nodes of compute keep their size until they are replaced')]);
    expect(steps.create.map(node => node.spec.flavor)).toEqual(['medium']);
    expect(steps.remove).toEqual([]);
    expect(made.changes.filter(change => change.kind === 'setting')).toEqual([{ action: 'change', kind: 'setting', unit: 'compute', name: 'compute.flavor', detail: 'small → medium, for nodes made from now on' }]);
  });

  it.each([['provider', { provider: 'other' }], ['region', { region: 'two' }]])('refuses to move running nodes to another %s and says what to do', (_, change) => {
    expect(() => planOn(two, documentOf({ name: 'genome', units: [unit('compute', 4, change)] }))).toThrow(expect.objectContaining({ code: 'invalid_request', hint: expect.stringContaining('another name') as string }) as Error);
  });

  it('touches no running node for hooks, readiness and keys', () => {
    const { steps, plan: made } = planOn(two, documentOf({ name: 'genome', units: [unit('compute', 4, { onJoin: 'a', onLeave: 'b', ready: 'true', publicKeys: ['ssh-ed25519 AAAA'] })] }));
    expect(steps).toMatchObject({ create: [], remove: [], repair: [], reconcile: [] });
    expect(made.changes.map(change => change.name)).toEqual(['compute.publicKeys', 'compute.onJoin', 'compute.onLeave', 'compute.ready']);
  });

  it('brings applications of running nodes in line: new, changed, gone and failed ones', () => {
    const withWeb = applied(two, planOn(two, documentOf({ name: 'genome', units: [unit('compute', 4, { apps: { web: compose } })] })));
    expect(planOn(withWeb, withWeb.vc!.document).plan.changes).toEqual([]);
    const without = planOn(withWeb, documentOf({ name: 'genome', units: [unit('compute', 4)] }));
    expect(without.steps).toMatchObject({ reconcile: ['compute'], removeApps: { compute: ['web'] } });
    const failed = { ...withWeb, nodes: withWeb.nodes.map(node => (node.number === 3 ? { ...node, apps: node.apps.map(app => ({ ...app, state: 'error' as const })) } : node)) };
    expect(planOn(failed, withWeb.vc!.document).plan.changes).toEqual([{ action: 'change', kind: 'app', unit: 'compute', name: 'compute/web', detail: 'start again on compute-3' }]);
  });

  it('refuses an application that is still the name of a file', () => {
    expect(() => planOn(nothing, documentOf({ name: 'genome', units: [unit('compute', 1, { apps: { web: './web.yml' } })] }))).toThrow(/does not read files/);
  });

  it('counts quota for new nodes only and says when it is not enough', () => {
    const facts = [{ provider: 'local', region: 'one', resource: 'cpu' as const, limit: 5, used: 4 }, { provider: 'other', region: 'one', resource: 'nodes' as const, limit: 1, used: 0 }];
    const { plan: made } = planOn(two, documentOf({ name: 'genome', units: [unit('compute', 6)] }), { quota: facts });
    expect(made.quota).toEqual([{ provider: 'local', region: 'one', resource: 'cpu', needed: 2, limit: 5, used: 4, enough: false }]);
  });

  it('sums prices before and after', () => {
    const { plan: made } = planOn(two, documentOf({ name: 'genome', units: [unit('compute', 3), unit('head', 1, { flavor: 'large' })] }));
    expect(made.priceBefore).toMatchObject({ perHour: 0.4, currency: 'USD' });
    expect(made.priceAfter).toMatchObject({ perHour: 0.7, currency: 'USD' });
  });

  it('finds ranges that overlap with another virtual cloud, and leaves running networks where they are', () => {
    const others = [{ cidr: '10.64.0.0/18', vc: 'moodle' }];
    expect(() => planOn(nothing, documentOf({ name: 'genome', network: { cidr: '10.64.32.0/20' }, units: [] }), { others })).toThrow(/overlaps 10\.64\.0\.0\/18 of virtual cloud moodle/);
    expect(() => planOn(two, documentOf({ name: 'genome', network: { cidr: '10.80.0.0/16' }, units: [unit('compute', 4)] }))).toThrow(/cannot change to 10\.80\.0\.0\/16/);
  });
});
