import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { CommandIDs } from '../command-ids.js';
import { localeOf } from '../format.js';
import { vcpIcon } from '../icons.js';
import type { IPanelContext } from '../panel/context.js';
import { PanelBody } from '../panel/panel-body.js';
import { PanelState } from '../panel/panel-state.js';
import { IVcpClient } from '../tokens.js';

const ID = 'jupyterlab-vcp:panel';
const WIDGET_ID = 'jp-vcp-panel';
/** The left area's ranks 501 to 899 are for extensions. */
const RANK = 600;

class VcpPanel extends ReactWidget {
  readonly #context: IPanelContext;

  constructor(context: IPanelContext) {
    super();
    this.#context = context;
    this.id = WIDGET_ID;
    this.addClass('jp-Vcp-panel');
    this.title.icon = vcpIcon;
    this.title.caption = context.trans.__('Virtual Clouds');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', context.trans.__('Virtual Clouds'));
  }

  override dispose(): void {
    this.#context.state.dispose();
    super.dispose();
  }

  protected override render(): React.ReactElement {
    return React.createElement(PanelBody, { context: this.#context });
  }

  protected override onAfterShow(): void {
    const { model } = this.#context.client;
    if (model.loaded) void model.catchUp();
  }

  /** Keyboard users land in the tree, or on the first thing that can be done. */
  protected override onActivateRequest(): void {
    for (const selector of ['.jp-Vcp-row[tabindex="0"]', '.jp-Vcp-notice button', '.jp-Vcp-toolbar button']) {
      const found = this.node.querySelector<HTMLElement>(selector);
      if (found !== null) return found.focus();
    }
  }
}

/** The left sidebar "Virtual Clouds". */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Adds the sidebar that shows virtual clouds, their nodes and operations.',
  autoStart: true,
  requires: [IVcpClient],
  optional: [ITranslator, ISettingRegistry, ILayoutRestorer],
  activate: (app: JupyterFrontEnd, client: IVcpClient, translator: ITranslator | null, settings: ISettingRegistry | null, restorer: ILayoutRestorer | null) => {
    const languages = translator ?? nullTranslator;
    const trans = languages.load('jupyterlab_vcp');
    const state = new PanelState();
    const panel = new VcpPanel({ client, state, trans, locale: localeOf(languages.languageCode), commands: app.commands });
    app.shell.add(panel, 'left', { rank: RANK, type: 'Virtual Clouds' });
    restorer?.add(panel, WIDGET_ID);
    app.commands.addCommand(CommandIDs.openPanel, {
      label: trans.__('Show Virtual Clouds'),
      caption: trans.__('Show the sidebar with virtual clouds, nodes and operations'),
      describedBy: { args: { type: 'object', properties: {} } },
      icon: vcpIcon,
      execute: () => { app.shell.activateById(WIDGET_ID); }
    });
    void settings?.load(ID).then(loaded => {
      const take = (): void => state.configure(loaded.composite as { finished: number; announce: 'all' | 'failures' | 'nothing' });
      loaded.changed.connect(take);
      panel.disposed.connect(() => { loaded.changed.disconnect(take); });
      take();
    }).catch((error: unknown) => console.error('Settings of Virtual Clouds could not be read', error));
  }
};
