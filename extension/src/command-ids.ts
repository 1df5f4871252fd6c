/** Every command of the extension; arguments are described where each is registered. */
export const CommandIDs = {
  openPanel: 'jupyterlab-vcp:open-panel',
  refresh: 'jupyterlab-vcp:refresh',
  showStatus: 'jupyterlab-vcp:show-status',
  showConnect: 'jupyterlab-vcp:show-connect',
  startController: 'jupyterlab-vcp:start-controller',
  newNotebook: 'jupyterlab-vcp:new-notebook',
  newFromTemplate: 'jupyterlab-vcp:new-from-template',
  scaleUnit: 'jupyterlab-vcp:scale-unit',
  addNode: 'jupyterlab-vcp:add-node',
  remove: 'jupyterlab-vcp:delete',
  copyAddress: 'jupyterlab-vcp:copy-address',
  insertCell: 'jupyterlab-vcp:insert-cell',
  cancelOperation: 'jupyterlab-vcp:cancel-operation',
  dismissOperation: 'jupyterlab-vcp:dismiss-operation'
} as const;

/** The kernelspec's name. */
export const KERNEL_NAME = 'vcp';
/** The template that the empty panel offers. */
export const QUICK_START = 'quickstart';
