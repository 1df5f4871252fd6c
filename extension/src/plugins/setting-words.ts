import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';

const PANEL = 'jupyterlab-vcp:panel';

/**
 * Translates the settings editor's words. Jupyter's server translates schemas from language packs only,
 * not from catalogues that come with an extension; so it is done here, when the page reads the schema.
 */
export const settingWordsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vcp:setting-words',
  description: 'Translates the settings of Virtual Clouds.',
  autoStart: true,
  requires: [ISettingRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, registry: ISettingRegistry, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vcp');
    registry.transform(PANEL, { fetch: plugin => ({ ...plugin, schema: translated(plugin.schema, trans) }) });
  }
};

function translated(schema: ISettingRegistry.ISchema, trans: TranslationBundle): ISettingRegistry.ISchema {
  const { finished, announce } = schema.properties ?? {};
  return {
    ...schema,
    title: trans.__('Virtual Clouds'),
    description: trans.__('The sidebar with virtual clouds, their nodes and operations.'),
    'jupyter.lab.setting-icon-label': trans.__('Virtual Clouds'),
    properties: {
      ...schema.properties,
      ...(finished === undefined ? {} : { finished: { ...finished, title: trans.__('Finished operations'), description: trans.__('How many operations that went well stay in the list. Failed ones stay until they are put away.') } }),
      ...(announce === undefined ? {} : {
        announce: {
          ...announce, title: trans.__('Reading out'), description: trans.__('Which ends of operations a screen reader reads out.'),
          oneOf: [{ const: 'all', title: trans.__('All') }, { const: 'failures', title: trans.__('Failures only') }, { const: 'nothing', title: trans.__('Nothing') }]
        }
      })
    }
  };
}
