import type { AppView } from '@jupyterlab-vcp/sdk/wire';
import { addressAmong, reachOf, sameValue, type Node, type StoreReader } from '../domain/index.js';
import type { Context } from './context.js';
import { Limiter, withTimeLimit } from './limits.js';
import { changeNode } from './node-rows.js';
import { isHeld, stillFree } from './watch.js';

const QUESTIONS_AT_ONCE = 4;

/** Looks now and then how the applications on running nodes are; a container that vanished shows as an error. */
export class AppsWatch {
  readonly #context: Context;
  readonly #limiter = new Limiter(QUESTIONS_AT_ONCE);

  constructor(context: Context) {
    this.#context = context;
  }

  async round(): Promise<void> {
    const { store, stopping } = this.#context;
    const running = await store.read(async reader => {
      const held = new Set((await reader.claims()).map(claim => claim.resource));
      return (await reader.allNodes()).filter(node => node.state === 'running' && !isHeld(node, held));
    });
    await Promise.all(running.map(node => this.#limiter.run(stopping, () => this.#look(node))));
  }

  async #look(node: Node): Promise<void> {
    const { store, shell, settings, clock, stopping, catalog, log } = this.#context;
    try {
      const { address, wanted } = await store.read(async reader => ({
        address: addressAmong(node, reachOf(catalog.get(node.provider), node.region), await reader.networks(node.vcId), await reader.nodes(node.vcId)),
        wanted: await wantedServices(reader, node)
      }));
      const seen = await withTimeLimit({ ms: settings.nodeAnswerMs, what: `Asking ${node.name} for its applications`, signal: stopping, clock }, signal => shell.apps(address, signal));
      const missing = wanted.filter(service => !seen.some(view => view.app === service.app && view.service === service.service));
      const apps = [...seen, ...missing.map((service): AppView => ({ ...service, state: 'error', detail: 'its container is gone' }))];
      if (sameValue(apps, node.apps)) return;
      await this.#context.persist(async tx => {
        if (await stillFree(tx, node)) await changeNode(tx, this.#context, node.id, current => ({ ...current, apps }));
      });
    } catch (error) {
      // Silence is the heartbeat's business.
      if (!stopping.aborted) log.debug({ err: error, node: node.name }, 'a node did not tell its applications');
    }
  }
}

async function wantedServices(reader: StoreReader, node: Node): Promise<readonly Pick<AppView, 'app' | 'service' | 'container' | 'image'>[]> {
  const unit = (await reader.vc(node.vcId))?.document.units.find(candidate => candidate.name === node.unit);
  return Object.entries(unit?.apps ?? {}).flatMap(([app, compose]) => (typeof compose === 'string' ? [] : Object.entries(compose.services).map(([service, { image }]) => ({ app, service, container: `${app}-${service}`, image }))));
}
