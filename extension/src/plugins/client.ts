import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { Event } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import { VcpApi } from '../api.js';
import { VcpModel } from '../model.js';
import { RequestError } from '../request.js';
import { IVcpClient, type ISelection } from '../tokens.js';

const CHANGED = 'https://schema.jupyterlab-vcp.org/events/changed';
/** The bus tells of changes at once; this only catches what a broken connection has swallowed. */
const LOOK_EVERY_MS = 15_000;
const LOOK_AT_LEAST_EVERY_MS = 120_000;

class VcpClient implements IVcpClient {
  readonly api: VcpApi;
  readonly model: VcpModel;
  readonly #selectionChanged = new Signal<IVcpClient, ISelection>(this);
  #selection: ISelection = {};
  #serverVersion: string | undefined;

  constructor(app: JupyterFrontEnd) {
    this.api = new VcpApi(app.serviceManager.serverSettings);
    this.model = new VcpModel(this.api);
  }

  get selectionChanged(): ISignal<IVcpClient, ISelection> { return this.#selectionChanged; }
  get serverVersion(): string | undefined { return this.#serverVersion; }
  get selection(): ISelection { return this.#selection; }
  set selection(selection: ISelection) {
    this.#selection = selection;
    this.#selectionChanged.emit(selection);
  }

  /** Both halves must be of one version: a page that was open during an upgrade is told so. */
  async shakeHands(): Promise<void> {
    this.#serverVersion = (await this.api.version()).version;
  }

  dispose(): void {
    this.model.dispose();
    Signal.clearData(this);
  }
}

/** Keeps the page's knowledge of the virtual clouds; everything else shows it. */
export const clientPlugin: JupyterFrontEndPlugin<IVcpClient> = {
  id: 'jupyterlab-vcp:client',
  description: 'Keeps what the page knows of the virtual clouds up to date.',
  autoStart: true,
  provides: IVcpClient,
  activate: app => {
    const client = new VcpClient(app);
    const { events, ready } = app.serviceManager;
    const onEvent = (_: Event.IManager, emission: Event.Emission): void => {
      if (emission.schema_id !== CHANGED) return;
      void client.model.notice({ seq: Number(emission['seq']), connected: emission['connected'] === true });
    };
    events.stream.connect(onEvent);
    const poll = new Poll({
      name: 'jupyterlab-vcp:look', auto: false, standby: 'when-hidden',
      frequency: { interval: LOOK_EVERY_MS, backoff: true, max: LOOK_AT_LEAST_EVERY_MS },
      factory: () => client.model.catchUp()
    });
    // The panel is drawn from memory when it opens, so this begins before anybody asks.
    void ready.then(async () => {
      await Promise.all([client.model.refresh(), client.shakeHands().catch(ignoreMissing)]);
      await poll.start();
    });
    // A laptop that slept has missed events; the page asks as soon as it is looked at again.
    const onShow = (): void => { if (!document.hidden && client.model.loaded) void client.model.catchUp(); };
    document.addEventListener('visibilitychange', onShow);
    window.addEventListener('unload', () => {
      events.stream.disconnect(onEvent);
      poll.dispose();
      client.dispose();
    }, { once: true });
    return client;
  }
};

/** The model has met the same and says it in the panel. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof RequestError)) throw error;
}
