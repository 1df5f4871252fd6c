import { vcView, type ProviderCatalog, type StoreWriter } from '../domain/index.js';
import type { Context } from './context.js';
import { refreshVc, vcRows } from './vc-rows.js';

const GATHER_MS = 50;

/** Brings the derived state of virtual clouds up to date soon after their nodes changed, once for many changes. */
export class VcRefresher {
  readonly #context: Context;
  readonly #dirty = new Set<string>();
  /** What was told last. */
  readonly #shown = new Map<string, string>();
  #running: Promise<void> | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  mark(vcId: string): void {
    this.#dirty.add(vcId);
    this.#running ??= this.#run().finally(() => { this.#running = undefined; });
  }

  async stop(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, stopping, log, catalog } = this.#context;
    while (this.#dirty.size > 0 && !stopping.aborted) {
      await clock.sleep(GATHER_MS, stopping);
      if (stopping.aborted) return;
      const marked = [...this.#dirty];
      this.#dirty.clear();
      try {
        await this.#context.persist(async tx => {
          for (const vcId of marked) await this.#refresh(tx, vcId, catalog);
        });
      } catch (error) {
        if (!stopping.aborted) log.error({ err: error }, 'the state of a virtual cloud could not be written');
      }
    }
  }

  /** Nodes change more often than what is seen of their virtual cloud. */
  async #refresh(tx: StoreWriter, vcId: string, catalog: ProviderCatalog): Promise<void> {
    const vc = await tx.vc(vcId);
    if (vc === undefined || vc.deletedAt !== undefined) {
      this.#shown.delete(vcId);
      return;
    }
    const view = JSON.stringify(vcView(await vcRows(tx, vc, catalog)));
    if (this.#shown.get(vcId) === view) return;
    this.#shown.set(vcId, view);
    await refreshVc(tx, vcId, catalog);
  }
}
