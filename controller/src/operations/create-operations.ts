import type { CloudService } from '../domain/index.js';
import { AppsWatch } from './apps-watch.js';
import { ChangeService } from './change-service.js';
import { Context, type OperationsParts } from './context.js';
import { Engine } from './engine.js';
import { ReadService } from './read-service.js';
import { recover } from './recovery.js';
import { restoreGateways } from './restore-gateways.js';
import { Sweeper, type Orphan } from './sweeper.js';
import { VcRefresher } from './vc-refresher.js';
import { Watch } from './watch.js';

export interface Operations {
  /** What `http/` calls. */
  readonly cloud: CloudService;
  /** Takes up unfinished operations and begins to watch. Returns at once; the work goes on by itself. */
  start(): Promise<void>;
  /** Leaves running operations where they are; the next start takes them up. */
  stop(): Promise<void>;
  /** Resources of this installation that no row knows, as of the last sweep. */
  orphans(): readonly Orphan[];
  /** What keeps the controller from its work at this moment, in words for people; empty when all is well. */
  problems(): readonly string[];
}

/** Joins the engine, the two halves of the service and the watches. */
export function createOperations(parts: OperationsParts): Operations {
  const context = new Context(parts);
  const refresher = new VcRefresher(context);
  const engine = new Engine(context, refresher);
  const changes = new ChangeService(context, engine);
  const reads = new ReadService(context);
  const sweeper = new Sweeper(context);
  const watch = new Watch(context, refresher, engine.hosts);
  const apps = new AppsWatch(context);
  const loops: Promise<void>[] = [];
  return {
    cloud: serviceOf(changes, reads),
    start: async () => {
      await recover(context, engine);
      loops.push(
        restoreGateways(context).catch((error: unknown) => { if (!context.stopping.aborted) context.log.warn({ err: error }, 'the gateways could not be set again'); }),
        repeat(context, context.settings.heartbeatMs, 'the heartbeat', () => watch.round()),
        repeat(context, context.settings.appsMs, 'the look at applications', () => apps.round()),
        repeat(context, context.settings.sweepMs, 'the sweep', () => sweeper.round(), true)
      );
    },
    stop: async () => {
      context.stop();
      await engine.stop();
      await Promise.all([...loops, refresher.stop()]);
    },
    orphans: () => sweeper.orphans(),
    problems: () => (context.storeProblem === undefined ? [] : [context.storeProblem])
  };
}

/** Does something every so often until the controller stops; one failure does not end it. */
async function repeat(context: Context, everyMs: number, what: string, work: () => Promise<void>, atOnce = false): Promise<void> {
  if (everyMs <= 0) return;
  for (let first = true; !context.stopping.aborted; first = false) {
    if (!first || !atOnce) await context.clock.sleep(everyMs, context.stopping);
    if (context.stopping.aborted) return;
    try {
      await work();
    } catch (error) {
      if (!context.stopping.aborted) context.log.error({ err: error }, `${what} failed`);
    }
  }
}

function serviceOf(changes: ChangeService, reads: ReadService): CloudService {
  return {
    plan: (...args) => changes.plan(...args),
    apply: (...args) => changes.apply(...args),
    createUnit: (...args) => changes.createUnit(...args),
    deleteUnit: (...args) => changes.deleteUnit(...args),
    scale: (...args) => changes.scale(...args),
    addNodes: (...args) => changes.addNodes(...args),
    removeNodes: (...args) => changes.removeNodes(...args),
    setApp: (...args) => changes.setApp(...args),
    removeApp: (...args) => changes.removeApp(...args),
    deleteVc: (...args) => changes.deleteVc(...args),
    cancel: (...args) => changes.cancel(...args),
    delivered: (...args) => changes.delivered(...args),
    exportVc: (...args) => reads.exportVc(...args),
    listVcs: (...args) => reads.listVcs(...args),
    getVc: (...args) => reads.getVc(...args),
    listUnits: (...args) => reads.listUnits(...args),
    getUnit: (...args) => reads.getUnit(...args),
    listNodes: (...args) => reads.listNodes(...args),
    getNode: (...args) => reads.getNode(...args),
    listOperations: (...args) => reads.listOperations(...args),
    getOperation: (...args) => reads.getOperation(...args),
    listEvents: (...args) => reads.listEvents(...args),
    listProviders: (...args) => reads.listProviders(...args),
    getProvider: (...args) => reads.getProvider(...args)
  };
}
